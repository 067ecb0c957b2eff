import type { Client } from '../domain/client.ts';
import type { CamelControl } from './control.ts';
import { ignoreNotFound } from './error.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import type { Addresses, Credentials } from './scope.ts';

/** What a client is to be; what is left out is made up, or as it is for a client of the sandbox. */
export type ClientOptions = Partial<Client>;

/**
 * A client with a clock, scenario, faults, tokens, calls, validations, journal and findings of its own. Its
 * `clientId` and `clientSecret` are for the application under test.
 */
export interface MockClient extends Sandbox {
  /** Removes it with all that belongs to it. It may be gone already. */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A simulator, in this process or elsewhere. Its own verbs are about all clients, its tokens are of the first. */
export interface Mock extends Sandbox, Addresses {
  /**
   * Makes a client, a sandbox of its own.
   *
   * @example
   * await using client = await mock.client({ scenario: 'manual' });
   * await client.clock.freeze('2030-01-01T00:00:00Z');
   * await client.clock.advance('1h');
   * console.log(await client.clock.now()); // 2030-01-01T01:00:00.000Z
   */
  client(given?: ClientOptions): Promise<MockClient>;
  /** Ends the simulator if it was started here. One that runs elsewhere is left as it is, with its clients. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The library over a control API.
 *
 * @param credentials whose tokens the mock's own are
 * @param close ends the simulator, or whatever there is to end
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
    async client({ allowedIps, ...given } = {}) {
      const { clientId, clientSecret } = await control.ask('POST /clients', {
        body: { ...given, ...(allowedIps && { allowedIps: [...allowedIps] }) },
      });
      const client = { client_id: clientId };
      const remove = async () => {
        await control.ask('DELETE /clients/:client_id', { parameters: client }).catch(ignoreNotFound);
      };
      return {
        ...createSandbox({ control, url, browserUrl, credentials: { clientId, clientSecret }, client }),
        remove,
        [Symbol.asyncDispose]: remove,
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
