import type { Client } from '../../domain/client.ts';
import { ms, seconds } from '../../domain/time.ts';
import type { Token } from '../../domain/token.ts';
import type { Simulator } from '../../simulator/simulator.ts';

/** A state that cannot be set up, or did not have the expected effect. */
export class StateSetupFailed extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Defaults for what a state does not name. */
const VALIDATION_ID = 'VALIDATION_ID';

export type SetupContext = ReturnType<typeof createSetupContext>;

/** How a state names its token. */
export interface TokenReference {
  readonly client_id?: string;
  readonly access_token?: string;
}

/** What the states of one interaction have set up, and how to undo it. */
export function createSetupContext(simulator: Simulator) {
  const { clients, clocks, tokens } = simulator;
  /** The clients that were changed, as they were before. */
  const originalClients = new Map<string, Client | undefined>();
  let defaultClientId: string | undefined;
  let latest: { clientId?: string; accessToken?: string; validationId?: string } = {};

  /** The id of the client that is meant; `clear` restores that client. */
  async function clientId(named?: string): Promise<string> {
    defaultClientId ??= (await clients.list())[0]?.clientId ?? 'CLIENT_ID';
    const id = named ?? latest.clientId ?? defaultClientId;
    if (!originalClients.has(id)) originalClients.set(id, await clients.get(id));
    if (latest.clientId !== id) latest = { clientId: id };
    return id;
  }

  /** The client that is meant, which is created if necessary. */
  async function client(named?: string): Promise<Client> {
    const id = await clientId(named);
    const known = (await clients.get(id)) ?? (await clients.create({ clientId: id }));
    if (known === undefined)
      throw new StateSetupFailed(`client "${id}" was registered by another process just now`);
    return known;
  }

  /** Issues a token, `age` ago if given; time is frozen then, so that the token stays that old. */
  async function newToken({ client_id, access_token }: TokenReference, age?: number): Promise<Token> {
    const { clientId: id } = await client(client_id);
    if (age !== undefined) await clocks.freeze(undefined, id);
    const token = await tokens.put(id, access_token, age === undefined ? ms(0) : seconds(age));
    if (token === undefined)
      throw new StateSetupFailed(`client "${id}" was removed by another process just now`);
    if (token === 'taken')
      throw new StateSetupFailed('this access token already exists', 'name a different one in each state');
    latest.accessToken = token.accessToken;
    return token;
  }

  return {
    simulator,
    clientId,
    client,
    newToken,

    /** The token that is named, otherwise the latest; a new one when there is none. */
    async token(naming: TokenReference): Promise<Token> {
      const id = (await client(naming.client_id)).clientId;
      const accessToken = naming.access_token ?? latest.accessToken;
      const known = accessToken === undefined ? undefined : await tokens.get(accessToken);
      if (known === undefined) return newToken(naming);
      if (known.token.clientId !== id)
        throw new StateSetupFailed(
          `this access token belongs to client "${known.token.clientId}", not to "${id}"`,
        );
      latest.accessToken = known.token.accessToken;
      return known.token;
    },

    /** The validation that is meant. */
    validationId(named?: string): string {
      latest.validationId = named ?? latest.validationId ?? VALIDATION_ID;
      return latest.validationId;
    },

    /** Restores every changed client, without anything that belonged to it since. */
    async clear(): Promise<void> {
      for (const [id, was] of originalClients) {
        if (was === undefined) {
          await clients.remove(id);
        } else {
          await clients.seed([was]);
          await simulator.reset(id);
        }
      }
      originalClients.clear();
      latest = {};
      if (defaultClientId !== undefined && (await clients.get(defaultClientId)) === undefined)
        defaultClientId = undefined;
    },
  };
}
