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
  /** Undefined when the request names clients, and none is known. */
  readonly coverage: KnownCoverage | undefined;
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

  /** Applies at most one fault of a client, or of all. */
  const strikeOne = (owner: string, endpoint: Endpoint, isStruck: boolean): Promise<ArmedFault | undefined> =>
    decide(store, [faultsRef(owner)], ({ found: [own] }) => {
      if (!own?.value.armed.some((one) => one.endpoint === endpoint)) return { result: undefined };
      const { armed, striking } = strike(own.value.armed, endpoint, isStruck);
      return {
        changes: [putRecord(faultsRef(owner), own, owner, { clientId: owner, armed })],
        result: striking,
      };
    });

  /** Applies at most one fault: one of the client before one of all. */
  async function strikeFault(clientId: string, endpoint: Endpoint): Promise<ArmedFault | undefined> {
    const own = clientId === ALL_CLIENTS ? undefined : await strikeOne(clientId, endpoint, false);
    const everyones = await strikeOne(ALL_CLIENTS, endpoint, own !== undefined);
    return own ?? everyones;
  }

  function receiveFrom(ids: readonly string[], endpoint?: Endpoint): Eventual<ReceivedRequest> {
    const owners = [...ids, ALL_CLIENTS];
    // That of all is only needed for requests of no client.
    const coverageOwners = ids.length > 0 ? ids : owners;
    const refs: Ref<'client' | 'clock' | 'faults' | 'coverage'>[] = [
      ...ids.map(clientRef),
      ...owners.map(clockRef),
      ...owners.map(faultsRef),
      ...coverageOwners.map(coverageRef),
    ];
    return andThen(store.read(...refs), ({ realTime, found }) => {
      const clients = found.slice(0, ids.length) as NamedClients;
      const count = owners.length;
      const rest = found.slice(ids.length);
      const clocks = rest.slice(0, count) as (StoredRecord<'clock'> | undefined)[];
      const faults = rest.slice(count, 2 * count) as (StoredRecord<'faults'> | undefined)[];
      const coverages = rest.slice(2 * count) as (StoredRecord<'coverage'> | undefined)[];
      const first = clients.findIndex((client) => client !== undefined);
      const clientId = clients[first]?.value.clientId ?? ALL_CLIENTS;
      const at = toVirtualTime(pickClock(clocks[first], clocks.at(-1)), realTime);
      const isArmed = [faults[first], faults.at(-1)].some((own) =>
        own?.value.armed.some((one) => one.endpoint === endpoint),
      );
      const striking = isArmed && endpoint !== undefined ? strikeFault(clientId, endpoint) : undefined;
      const coverage =
        clientId !== ALL_CLIENTS
          ? { own: coverages[first], all: undefined }
          : ids.length > 0
            ? undefined
            : { own: undefined, all: coverages[0] };
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
