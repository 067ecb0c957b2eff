import { andThen, type Eventual } from '../domain/eventual.ts';
import { type ArmedFault, type Endpoint, strike } from '../domain/fault.ts';
import { type Instant, toVirtualTime } from '../domain/time.ts';
import type { Ref, Store, StoredRecord } from '../store/store.ts';
import type { KnownCoverage } from './coverage.ts';
import { decide, pickClock, putRecord } from './decide.ts';
import { ALL_CLIENTS, clientRef, clockRef, coverageRef, faultsRef, tokenRef } from './refs.ts';

/** The clients that a request names, in that order, as they were found. */
export type NamedClients = readonly (StoredRecord<'client'> | undefined)[];

/** A request with its client, its time and the fault that applies to it. */
export interface ReceivedRequest {
  /** Empty when the request names no known client. */
  readonly clientId: string;
  /** Virtual time of the client. */
  readonly at: Instant;
  /** Real time. */
  readonly receivedAt: Instant;
  readonly clients: NamedClients;
  readonly fault: ArmedFault | undefined;
  readonly coverage: KnownCoverage;
}

/** How a request names its client: claimed ids, or a token. */
export type ClientReference = { readonly claimed: readonly string[] } | { readonly accessToken: string };

export type ReceiveRequest = ReturnType<typeof createReceiver>;

/** Receives requests to the imitated service. */
export function createReceiver(store: Store) {
  const findTokenOwner = (accessToken: string): Eventual<readonly string[]> =>
    andThen(store.read(tokenRef(accessToken)), ({ found: [token] }) =>
      token === undefined ? [] : [token.value.clientId],
    );

  /** Applies at most one fault: one of the client before one of all. */
  const strikeFault = (clientId: string, endpoint: Endpoint): Promise<ArmedFault | undefined> =>
    decide(
      store,
      (clientId === ALL_CLIENTS ? [ALL_CLIENTS] : [clientId, ALL_CLIENTS]).map(faultsRef),
      ({ found }) => {
        const { armed, striking } = strike(
          found.flatMap((faults) => faults?.value.armed ?? []),
          endpoint,
        );
        const changes = found.flatMap((own) => {
          if (own === undefined) return [];
          const { clientId: owner, armed: before } = own.value;
          const isOwn = ({ id }: ArmedFault) => before.some((one) => one.id === id);
          return [putRecord(faultsRef(owner), own, owner, { clientId: owner, armed: armed.filter(isOwn) })];
        });
        return { changes, result: striking };
      },
    );

  function receiveFrom(ids: readonly string[], endpoint?: Endpoint): Eventual<ReceivedRequest> {
    const owners = [...ids, ALL_CLIENTS];
    const refs: Ref<'client' | 'clock' | 'faults' | 'coverage'>[] = [
      ...ids.map(clientRef),
      ...owners.map(clockRef),
      ...owners.map(faultsRef),
      ...owners.map(coverageRef),
    ];
    return andThen(store.read(...refs), ({ realTime, found }) => {
      const clients = found.slice(0, ids.length) as NamedClients;
      const count = owners.length;
      const clocks = found.slice(ids.length, -2 * count) as (StoredRecord<'clock'> | undefined)[];
      const faults = found.slice(-2 * count, -count) as (StoredRecord<'faults'> | undefined)[];
      const coverages = found.slice(-count) as (StoredRecord<'coverage'> | undefined)[];
      const first = clients.findIndex((client) => client !== undefined);
      const clientId = clients[first]?.value.clientId ?? ALL_CLIENTS;
      const at = toVirtualTime(pickClock(clocks[first], clocks.at(-1)), realTime);
      const isArmed = [faults[first], faults.at(-1)].some((own) =>
        own?.value.armed.some((one) => one.endpoint === endpoint),
      );
      const striking = isArmed && endpoint !== undefined ? strikeFault(clientId, endpoint) : undefined;
      const coverage = { own: coverages[first], all: coverages.at(-1) };
      return andThen(striking, (fault) => ({ clientId, at, receivedAt: realTime, clients, fault, coverage }));
    });
  }

  /**
   * Finds the client of a request, and applies at most one armed fault to it.
   *
   * @param endpoint where faults can be armed; without it none applies
   */
  return (reference: ClientReference, endpoint?: Endpoint): Eventual<ReceivedRequest> =>
    'claimed' in reference
      ? receiveFrom(reference.claimed, endpoint)
      : andThen(findTokenOwner(reference.accessToken), (ids) => receiveFrom(ids, endpoint));
}
