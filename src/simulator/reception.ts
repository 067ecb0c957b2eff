import { type Armed, type Endpoint, type Faults, strike } from '../domain/fault.ts';
import { type Instant, timeOf } from '../domain/time.ts';
import type { Change, Found, Ref, Store } from '../store/store.ts';
import { clockOf, decide, put } from './decide.ts';
import { clientRef, clockRefs, EVERYONE, faultsRef, tokenRef } from './refs.ts';

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
  readonly fault?: Armed;
}

/** By what a request names its client: ids that it claims, or a token. */
export type Naming = { readonly claimed: readonly string[] } | { readonly accessToken: string };

export type Receive = ReturnType<typeof reception>;

/** Where requests to the imitated service come in. */
export function reception(store: Store) {
  async function namedBy(naming: Naming): Promise<readonly string[]> {
    if ('claimed' in naming) return naming.claimed;
    const [token] = (await store.read(tokenRef(naming.accessToken))).found;
    return token === undefined ? [] : [token.value.clientId];
  }

  /**
   * Says whose a request is, and lets at most one armed fault strike it: one of the client before one of all.
   *
   * @param endpoint where faults can be armed; without one none strikes
   */
  return async function receive(naming: Naming, endpoint?: Endpoint): Promise<Reception> {
    const ids = await namedBy(naming);
    const owners = [...ids, EVERYONE];
    const refs: Ref<'client' | 'clock' | 'faults'>[] = [
      ...ids.map(clientRef),
      ...owners.map((owner) => clockRefs(owner)[0]),
      ...owners.map(faultsRef),
    ];
    return decide<typeof refs, Reception>(store, refs, ({ realTime, found }) => {
      const clients = found.slice(0, ids.length) as NamedClients;
      const clocks = found.slice(ids.length, -owners.length) as (Found<'clock'> | undefined)[];
      const armed = found.slice(-owners.length) as (Found<'faults'> | undefined)[];
      const first = clients.findIndex((client) => client !== undefined);
      const [own, everyones] = [clocks[first], clocks.at(-1)];
      const result: Reception = {
        clientId: ids[first] ?? EVERYONE,
        at: timeOf(clockOf(own, everyones), realTime),
        receivedAt: realTime,
        clients,
      };
      const met = endpoint && struck([armed[first], armed.at(-1)], endpoint);
      if (met === undefined) return { result };
      const { changes, striking } = met;
      return { changes, result: striking === undefined ? result : { ...result, fault: striking } };
    });
  };
}

/** What a request does to the faults that might strike it; undefined where there are none. */
function struck(
  found: readonly (Found<'faults'> | undefined)[],
  endpoint: Endpoint,
): { readonly changes: readonly Change[]; readonly striking?: Armed | undefined } | undefined {
  const armedNow = found.flatMap((faults) => faults?.value.armed ?? []);
  if (armedNow.every((one) => one.endpoint !== endpoint)) return undefined;
  const { armed, striking } = strike(armedNow, endpoint);
  const changes = found.flatMap((own) => {
    if (own === undefined) return [];
    const { clientId, armed: before } = own.value;
    const value: Faults = { clientId, armed: armed.filter(({ id }) => before.some((one) => one.id === id)) };
    return [put(faultsRef(clientId), own, clientId, value)];
  });
  return { changes, striking };
}
