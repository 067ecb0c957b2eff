import { type Armed, type Endpoint, strike } from '../domain/fault.ts';
import { type Instant, timeOf } from '../domain/time.ts';
import type { Found, Ref, Store } from '../store/store.ts';
import { clockOf, decide, put } from './decide.ts';
import { clientRef, clockRefs, EVERYONE, faultsRef, tokenRef } from './refs.ts';

/** A request as it comes in: whose it is, when, and what is to go wrong with it. */
export interface Reception {
  /** Empty where no client can be named. */
  readonly clientId: string;
  /** Virtual time of the client. */
  readonly at: Instant;
  /** Real time. */
  readonly receivedAt: Instant;
  readonly fault?: Armed;
}

/** By what a request names its client: ids that it claims, or a token. */
export type Naming = { readonly claimed: readonly string[] } | { readonly accessToken: string };

/** Where requests to the imitated service come in. */
export function reception(store: Store) {
  async function clientOf(naming: Naming): Promise<string> {
    if ('accessToken' in naming) {
      const [token] = (await store.read(tokenRef(naming.accessToken))).found;
      return token?.value.clientId ?? EVERYONE;
    }
    const { found } = await store.read(...naming.claimed.map(clientRef));
    return found.find((client) => client !== undefined)?.value.clientId ?? EVERYONE;
  }

  /**
   * Says whose a request is, and lets at most one armed fault strike it: one of the client before one of all.
   *
   * @param endpoint where faults can be armed; without one none strikes
   */
  return async function receive(naming: Naming, endpoint?: Endpoint): Promise<Reception> {
    const clientId = await clientOf(naming);
    const owners = endpoint === undefined ? [] : [...new Set([clientId, EVERYONE])];
    const clocks = clockRefs(clientId);
    return decide<readonly (Ref<'clock'> | Ref<'faults'>)[], Reception>(
      store,
      [...clocks, ...owners.map(faultsRef)],
      ({ realTime, found: all }) => {
        const [own, everyones] = all as readonly (Found<'clock'> | undefined)[];
        const found = all.slice(clocks.length) as (Found<'faults'> | undefined)[];
        const result = { clientId, at: timeOf(clockOf(own, everyones), realTime), receivedAt: realTime };
        const armedNow = found.flatMap((faults) => faults?.value.armed ?? []);
        if (endpoint === undefined || armedNow.every((one) => one.endpoint !== endpoint)) return { result };
        const { armed, striking } = strike(armedNow, endpoint);
        const changes = found.flatMap((own) => {
          if (own === undefined) return [];
          const { clientId: owner, armed: before } = own.value;
          const value = {
            clientId: owner,
            armed: armed.filter(({ id }) => before.some((one) => one.id === id)),
          };
          return [put(faultsRef(owner), own, owner, value)];
        });
        return { changes, result: { ...result, ...(striking !== undefined && { fault: striking }) } };
      },
    );
  };
}
