import { confirmed } from '../domain/call.ts';
import type { Validation } from '../domain/validation.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import { change, decideFor, timeFor } from './decide.ts';
import { callIdOf, callRef, EVERYONE, validationRef } from './refs.ts';

/** What can be said about a validation beforehand. */
export type Known = Pick<Validation, 'exists' | 'confirmed' | 'scenario'>;

/** What is known of the validations that have this id, whoever's they are. */
export const validationsWith = async (store: Store, validationId: string): Promise<Validation[]> =>
  (await store.list('validation'))
    .map(({ value }) => value)
    .filter((one) => one.validationId === validationId);

export function validations(store: Store, random: Random) {
  /** Lets agents see the call that waits for its validation to be confirmed, if there is one. */
  async function reveal({ clientId, validationId, calls: n }: Validation): Promise<void> {
    const ref = callRef(callIdOf({ clientId, validationId, n }));
    await change(store, ref, async (call) => confirmed(call, await timeFor(store, clientId)));
  }

  /** Makes something known about a validation of one client, or of all; undefined without that client. */
  async function set(
    validationId: string,
    known: Known,
    clientId = EVERYONE,
  ): Promise<Validation | undefined> {
    const validation = await decideFor(store, clientId, validationRef(clientId, validationId), (before) => {
      const value = { clientId, validationId, calls: 0, ...before, ...known };
      return { value, result: value };
    });
    if (validation === undefined) return undefined;
    if (known.confirmed) {
      const meant = clientId === EVERYONE ? await validationsWith(store, validationId) : [validation];
      for (const one of meant) await reveal(one);
    }
    return validation;
  }

  return {
    set,

    /** Every validation that was made known or has had a call; of one client, if named. */
    list: async (clientId?: string): Promise<Validation[]> =>
      (await store.list('validation', clientId)).map(({ value }) => value),

    /** Begins a validation process of a client, which is not confirmed yet; undefined without that client. */
    create: (clientId: string): Promise<Validation | undefined> =>
      set(random.hex(32), { exists: true, confirmed: false }, clientId),

    /** Confirms a validation of a client; false when there is none. Guide 5.3. */
    async confirm(clientId: string, validationId: string): Promise<boolean> {
      const [validation] = (await store.read(validationRef(clientId, validationId))).found;
      if (validation === undefined) return false;
      await set(validationId, { confirmed: true }, clientId);
      return true;
    },
  };
}
