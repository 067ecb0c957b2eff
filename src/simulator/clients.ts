import { type Client, createClientRecord } from '../domain/client.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import { decide, putRecord, updateRecord } from './decide.ts';
import { CLIENT_AND_OWNED, OWNED_BY_CLIENT } from './record-kinds.ts';
import { clientRef } from './refs.ts';

const SECRET_LENGTH = 40;

/**
 * Registers, changes, resets and removes clients.
 *
 * @param tokenLifetime life in seconds of the tokens of a client that is created without one
 */
export function createClients(store: Store, random: Random, tokenLifetime?: number) {
  const get = async (clientId: string): Promise<Client | undefined> =>
    (await store.read(clientRef(clientId))).found[0]?.value;

  return {
    get,

    list: async (): Promise<Client[]> => (await store.list('client')).map(({ value }) => value),

    /** Registers a client; what is left out is generated. Undefined when the id is taken. */
    create(given: Partial<Client>): Promise<Client | undefined> {
      const client = createClientRecord({
        ...(tokenLifetime !== undefined && { expiresIn: tokenLifetime }),
        ...given,
        clientId: given.clientId ?? `client-${random.text(12)}`,
        clientSecret: given.clientSecret ?? random.text(SECRET_LENGTH),
      });
      const { clientId } = client;
      return decide(store, [clientRef(clientId)], ({ found: [taken] }) =>
        taken === undefined
          ? { changes: [putRecord(clientRef(clientId), taken, clientId, client)], result: client }
          : { result: undefined },
      );
    },

    /** Changes the given properties; undefined when there is no such client. */
    update: (clientId: string, given: Partial<Client>): Promise<Client | undefined> =>
      updateRecord(store, clientRef(clientId), (client) => ({ ...client, ...given, clientId })),

    /** Removes a client and everything that belongs to it; false when there is none. */
    async remove(clientId: string): Promise<boolean> {
      if ((await get(clientId)) === undefined) return false;
      await store.clear(CLIENT_AND_OWNED, clientId);
      return true;
    },

    /**
     * Deletes everything that belongs to a client and keeps its credentials; false when there is none.
     *
     * @param scenarioFor the client's scenario from then on, undefined for the default one
     */
    async clearData(
      clientId: string,
      scenarioFor: (client: Client) => Promise<string | undefined>,
    ): Promise<boolean> {
      // A full store can only delete.
      if ((await get(clientId)) !== undefined) await store.clear(OWNED_BY_CLIENT, clientId);
      // Written again, so that every concurrent decision about the client conflicts and is retried.
      const known = await updateRecord(store, clientRef(clientId), async (client) => {
        const { scenario: _, nextScenario: __, ...credentials } = client;
        const scenario = await scenarioFor(client);
        return { ...credentials, ...(scenario !== undefined && { scenario }) };
      });
      if (known !== undefined) await store.clear(OWNED_BY_CLIENT, clientId);
      return known !== undefined;
    },

    /** Creates the given clients, and replaces what was known of them, or with `isKept` leaves it. */
    async seed(given: readonly Client[], isKept = false): Promise<void> {
      for (const client of given) {
        const ref = clientRef(client.clientId);
        await decide(store, [ref], ({ found: [known] }) => ({
          ...(!(known && isKept) && { changes: [putRecord(ref, known, client.clientId, client)] }),
          result: undefined,
        }));
      }
    },

    /** Removes every client with everything that belongs to it. */
    async clear(): Promise<void> {
      // Most is deleted while the clients are still there, because that can take long.
      await store.clear(OWNED_BY_CLIENT);
      await store.clear(CLIENT_AND_OWNED);
    },
  };
}
