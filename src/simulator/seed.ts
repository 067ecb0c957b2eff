import type { Client } from '../domain/client.ts';
import type { ConfiguredFault } from '../domain/fault.ts';
import type { ConfiguredValidation } from '../domain/validation.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import { createClients } from './clients.ts';
import { createFaults } from './faults.ts';
import { ALL_CLIENTS } from './refs.ts';
import { createValidations } from './validations.ts';

/** What exists from the start and after a reset. */
export interface Seed {
  readonly clients: readonly Client[];
  readonly faults?: readonly ConfiguredFault[] | undefined;
  readonly validations?: readonly ConfiguredValidation[] | undefined;
}

/** Writes what exists from the start into a store, which may have it already. */
export function createSeeder(store: Store, random: Random, { clients, faults = [], validations = [] }: Seed) {
  const numbered = faults.map((fault, index) => ({ ...fault, id: `config-${index + 1}` }));

  type IsMeant = (entry: { readonly clientId?: string | undefined }) => boolean;
  const { seed: seedClients } = createClients(store, random);
  const { set, restore } = createValidations(store, random);

  /** Arms the faults and sets the validations that `isMeant` selects. */
  async function seedData(isMeant: IsMeant, setValidation: typeof set | typeof restore = set): Promise<void> {
    for (const { clientId, ...fault } of numbered.filter(isMeant))
      await createFaults(store, random).seed(fault, clientId);
    for (const { clientId, validationId, ...known } of validations.filter(isMeant))
      await setValidation(validationId, known, clientId);
  }

  return {
    /** Everything. What was known of these clients is replaced. */
    async all(): Promise<void> {
      await seedClients(clients);
      await seedData(() => true);
    },

    /**
     * What a store has lost. What another instance has written since stays. Calls are not looked for: what is of other clients
     * may be lost too, and waits for this.
     *
     * @param isLost whether what is of this client is lost, or of all clients together
     */
    async again(isLost: (clientId: string) => boolean): Promise<void> {
      const lost = clients.filter(({ clientId }) => isLost(clientId));
      await seedClients(lost, true);
      await seedData(({ clientId = ALL_CLIENTS }) => isLost(clientId), restore);
    },

    /** The faults and validations of a client that was reset. */
    client: (id: string): Promise<void> => seedData(({ clientId }) => clientId === id),
  };
}
