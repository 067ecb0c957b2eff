import type { Endpoint, FaultKind } from '../domain/fault.ts';
import type { Scope } from './scope.ts';

/** What should go wrong, for example `{ endpoint: 'token', status: 503, times: 1 }`. */
export interface FaultOptions {
  endpoint: Endpoint;
  status?: number;
  /** In seconds; requires a status. */
  retryAfter?: number;
  /** For example `2s`, or the shortest and the longest delay. */
  latency?: string | string[];
  kind?: FaultKind;
  /** How many requests pass before the first one fails. */
  after?: number;
  /** How many requests fail; by default all. */
  times?: number;
}

/** An armed fault, and how many requests it has affected. */
export interface Fault {
  id: string;
  clientId: string | null;
  endpoint: Endpoint;
  status: number | null;
  retryAfter: number | null;
  latencyMs: number[] | null;
  kind: FaultKind | null;
  after: number;
  times: number | null;
  struck: number;
}

/**
 * Failures between a backend or browser and the service.
 *
 * @example
 * await mock.faults.arm({ endpoint: 'token', status: 503, retryAfter: 2, times: 1 });
 * await mock.token().catch((error) => console.log(error.code)); // no_token
 * console.log((await mock.faults.list())[0]?.struck); // 1
 * await mock.faults.clear();
 */
export interface Faults {
  arm(fault: FaultOptions): Promise<Fault>;
  /** Lists all faults, including used-up ones. */
  list(): Promise<Fault[]>;
  /** Removes one fault by its id, or all. */
  clear(id?: string): Promise<void>;
}

/**
 * The faults of one client, or of all.
 *
 * @internal
 */
export function createFaults({ control, client: query }: Scope): Faults {
  const list = async () => (await control.ask('GET /faults', { query })).items;
  const remove = (id: string) => control.ask('DELETE /faults/:id', { parameters: { id }, query });
  return {
    arm: (body) => control.ask('POST /faults', { query, body }),
    list,
    async clear(id) {
      const ids = id === undefined ? (await list()).map((one) => one.id) : [id];
      await Promise.all(ids.map(remove));
    },
  };
}
