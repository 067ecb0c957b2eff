import { type Armed, type Endpoint, strike } from '../domain/fault.ts';
import type { Instant } from '../domain/time.ts';
import type { Ref, Store } from '../store/store.ts';
import { decide, put, timeFor } from './decide.ts';
import { clientRef, EVERYONE, faultsRef, tokenRef } from './refs.ts';

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
    const at = await timeFor(store, clientId);
    return decide<readonly Ref<'faults'>[], Reception>(
      store,
      owners.map(faultsRef),
      ({ realTime, found }) => {
        const result = { clientId, at, receivedAt: realTime };
        const all = found.flatMap((faults) => faults?.value.armed ?? []);
        if (endpoint === undefined || all.every((one) => one.endpoint !== endpoint)) return { result };
        const { armed, striking } = strike(all, endpoint);
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
