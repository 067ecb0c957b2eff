import type { Validation } from '../domain/validation.ts';
import type { Store } from '../store/store.ts';
import { decide, put } from './decide.ts';
import { EVERYONE, validationRef } from './refs.ts';

/** What can be said about a validation beforehand. */
export type Known = Pick<Validation, 'exists' | 'scenario'>;

export function validations(store: Store) {
  return {
    /** Every validation that was made known or has had a call; of one client, if named. */
    list: async (clientId?: string): Promise<Validation[]> =>
      (await store.list('validation', clientId)).map(({ value }) => value),

    /** Makes something known about a validation of one client, or of all clients. */
    set(validationId: string, known: Known, clientId = EVERYONE): Promise<Validation> {
      const ref = validationRef(clientId, validationId);
      return decide(store, [ref], ({ found: [validation] }) => {
        const value = { clientId, validationId, calls: 0, ...validation?.value, ...known };
        return { changes: [put(ref, validation, clientId, value)], result: value };
      });
    },
  };
}
