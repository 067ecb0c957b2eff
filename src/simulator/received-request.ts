import { type Armed, type Endpoint, strike } from '../domain/fault.ts';
import { type Instant, timeOf } from '../domain/time.ts';
import type { Found, Ref, Store } from '../store/store.ts';
import { clockOf, decide, put } from './decide.ts';
import { clientRef, clockRef, EVERYONE, faultsRef, tokenRef } from './refs.ts';

/** The clients that a request names, in that order, as they were found. */
export type NamedClients = readonly (Found<'client'> | undefined)[];

/** A request as it comes in: whose it is, when, and what is to go wrong with it. */
export interface Reception {
  /** Empty where no client can be named. */
  readonly clientId: string;
  /** Virtual time of the client. */
  readonly at: Instant;
  /** Real time. */
  readonly receivedAt: Instant;
  readonly clients: NamedClients;
  readonly fault: Armed | undefined;
}

/** By what a request names its client: ids that it claims, or a token. */
export type Naming = { readonly claimed: readonly string[] } | { readonly accessToken: string };

export type Receive = ReturnType<typeof reception>;

/** Where requests to the imitated service come in. */
export function reception(store: Store) {
  async function namedBy(accessToken: string): Promise<readonly string[]> {
    const [token] = (await store.read(tokenRef(accessToken))).found;
    return token === undefined ? [] : [token.value.clientId];
  }

  /** Strikes with at most one fault: one of the client before one of all. */
  const struck = (clientId: string, endpoint: Endpoint): Promise<Armed | undefined> =>
    decide(store, (clientId === EVERYONE ? [EVERYONE] : [clientId, EVERYONE]).map(faultsRef), ({ found }) => {
      const { armed, striking } = strike(
        found.flatMap((faults) => faults?.value.armed ?? []),
        endpoint,
      );
      const changes = found.flatMap((own) => {
        if (own === undefined) return [];
        const { clientId: owner, armed: before } = own.value;
        const isOwn = ({ id }: Armed) => before.some((one) => one.id === id);
        return [put(faultsRef(owner), own, owner, { clientId: owner, armed: armed.filter(isOwn) })];
      });
      return { changes, result: striking };
    });

  /**
   * Says whose a request is, and lets at most one armed fault strike it.
   *
   * @param endpoint where faults can be armed; without one none strikes
   */
  return async function receive(naming: Naming, endpoint?: Endpoint): Promise<Reception> {
    const ids = 'claimed' in naming ? naming.claimed : await namedBy(naming.accessToken);
    const owners = [...ids, EVERYONE];
    const refs: Ref<'client' | 'clock' | 'faults'>[] = [
      ...ids.map(clientRef),
      ...owners.map(clockRef),
      ...owners.map(faultsRef),
    ];
    const { realTime, found } = await store.read(...refs);
    const clients = found.slice(0, ids.length) as NamedClients;
    const clocks = found.slice(ids.length, -owners.length) as (Found<'clock'> | undefined)[];
    const faults = found.slice(-owners.length) as (Found<'faults'> | undefined)[];
    const first = clients.findIndex((client) => client !== undefined);
    const clientId = clients[first]?.value.clientId ?? EVERYONE;
    const at = timeOf(clockOf(clocks[first], clocks.at(-1)), realTime);
    const isArmed = [faults[first], faults.at(-1)].some((own) =>
      own?.value.armed.some((one) => one.endpoint === endpoint),
    );
    const fault = isArmed && endpoint !== undefined ? await struck(clientId, endpoint) : undefined;
    return { clientId, at, receivedAt: realTime, clients, fault };
  };
}
