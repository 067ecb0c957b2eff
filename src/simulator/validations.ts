import { confirmCall } from '../domain/call.ts';
import type { Validation, ValidationSettings } from '../domain/validation.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import { decideFor, readTime, updateRecord } from './decide.ts';
import { ALL_CLIENTS, callRef, toCallId, validationRef } from './refs.ts';

/** The records of a validation id, whichever clients they belong to. */
export const findValidations = async (store: Store, validationId: string): Promise<Validation[]> =>
  (await store.list('validation'))
    .map(({ value }) => value)
    .filter((one) => one.validationId === validationId);

/** Creates, sets up and confirms validations. */
export function createValidations(store: Store, random: Random) {
  /** Shows agents the call that waits for its validation to be confirmed, if there is one. */
  async function revealCall({ clientId, validationId, calls: n }: Validation): Promise<void> {
    const ref = callRef(toCallId({ clientId, validationId, n }));
    await updateRecord(store, ref, async (call) => confirmCall(call, await readTime(store, clientId)));
  }

  /** Sets properties of a validation of one client, or of all; undefined when there is no such client. */
  async function set(
    validationId: string,
    known: ValidationSettings,
    clientId = ALL_CLIENTS,
  ): Promise<Validation | undefined> {
    const validation = await decideFor(store, clientId, validationRef(clientId, validationId), (before) => {
      const value = { clientId, validationId, calls: 0, ...before, ...known };
      return { value, result: value };
    });
    if (validation === undefined) return undefined;
    if (known.confirmed) {
      const affected = clientId === ALL_CLIENTS ? await findValidations(store, validationId) : [validation];
      for (const one of affected) await revealCall(one);
    }
    return validation;
  }

  return {
    set,

    /** Sets properties again that a store has lost. Those that were set since stay, and calls are left as they are. */
    async restore(validationId: string, known: ValidationSettings, clientId = ALL_CLIENTS): Promise<void> {
      await decideFor(store, clientId, validationRef(clientId, validationId), (before) => ({
        value: { clientId, validationId, calls: 0, ...known, ...before },
        result: undefined,
      }));
    },

    /** Every validation that was set up or has had a call; of one client, if named. */
    list: async (clientId?: string): Promise<Validation[]> =>
      (await store.list('validation', clientId)).map(({ value }) => value),

    /** Creates an unconfirmed validation of a client; undefined when there is no such client. */
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
