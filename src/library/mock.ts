import type { Client } from '../domain/client.ts';
import type { Addresses } from '../server/addresses.ts';
import type { CamelControl } from './control.ts';
import { ignoreNotFound } from './error.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import type { Credentials, Scope } from './scope.ts';

/** Properties of a new client; what is left out is generated, or as for a sandbox client. */
export type ClientOptions = Partial<Client>;

/**
 * A client with its own clock, scenario, faults, tokens, calls, validations, journal and findings. Give its `clientId` and
 * `clientSecret` to the application under test.
 */
export interface MockClient extends Sandbox {
  /** Removes the client with everything that belongs to it. It may be gone already. */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A simulator, in this process or elsewhere. Its own verbs act on all clients; its tokens belong to the first one. */
export interface Mock extends Sandbox, Addresses {
  /**
   * Creates a client, a sandbox of its own.
   *
   * @example
   * await using client = await mock.client({ scenario: 'manual' });
   * await client.clock.freeze('2030-01-01T00:00:00Z');
   * await client.clock.advance('1h');
   * console.log(await client.clock.now()); // 2030-01-01T01:00:00.000Z
   */
  client(given?: ClientOptions): Promise<MockClient>;
  /** Stops the simulator if it was started here. One that runs elsewhere keeps running, with its clients. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const scopes = new WeakMap<MockClient, Scope>();

/**
 * What the verbs of a client act on, for the fixtures.
 *
 * @internal
 */
export const getScope = (client: MockClient): Scope => scopes.get(client) as Scope;

/**
 * The library over a control API.
 *
 * @param credentials the client whose tokens `token()` gets
 * @param close stops the simulator, or whatever else was opened
 * @internal
 */
export function createMock(
  control: CamelControl,
  addresses: Addresses,
  credentials: Credentials,
  close: () => Promise<void>,
): Mock {
  const { url, browserUrl } = addresses;
  return {
    ...addresses,
    ...createSandbox({ control, url, browserUrl, credentials, client: {} }),
    async client(properties) {
      const { allowedIps, ...given } = properties ?? {};
      const { clientId, clientSecret } = await control.ask('POST /clients', {
        body: { ...given, ...(allowedIps && { allowedIps: [...allowedIps] }) },
      });
      const client = { client_id: clientId };
      const remove = async () => {
        await control.ask('DELETE /clients/:client_id', { parameters: client }).catch(ignoreNotFound);
      };
      const scope = { control, url, browserUrl, credentials: { clientId, clientSecret }, client };
      const created = { ...createSandbox(scope), remove, [Symbol.asyncDispose]: remove };
      scopes.set(created, scope);
      return created;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
