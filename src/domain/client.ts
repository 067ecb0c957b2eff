import { TOKEN_LIFETIME_SECONDS } from '../guide/oauth.ts';

/** A client of the service: the credentials of guide 5.1, and its settings. */
export interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Guide 5.1: the IP restriction applies to production only. */
  readonly environment: 'sandbox' | 'production';
  /** Addresses and CIDR ranges that may reach production. Guide 6.1. */
  readonly allowedIps: readonly string[];
  /** RFC 6749, 2.1. */
  readonly type: 'confidential' | 'public';
  /** The one grant that this client is registered for. */
  readonly grantType: 'client-credentials' | 'authorization-code';
  /** Life of its access tokens in seconds. Guide 5.2: an hour; others let a test outlive the token cache of a backend. */
  readonly expiresIn?: number;
  /** Name of the default scenario of its calls. */
  readonly scenario?: string;
  /** Name of the scenario of its next call, whatever else that call selects. */
  readonly nextScenario?: string;
}

/** `given`, completed with the defaults of a sandbox client. */
export const createClientRecord = (
  properties: Pick<Client, 'clientId' | 'clientSecret'> & Partial<Client>,
): Client => ({
  environment: 'sandbox',
  allowedIps: [],
  type: 'confidential',
  grantType: 'client-credentials',
  ...properties,
});

/** Life of the client's access tokens in seconds. */
export const getTokenLifetime = ({ expiresIn = TOKEN_LIFETIME_SECONDS }: Client): number => expiresIn;

/** The client that exists when none is configured. */
export const SANDBOX_CLIENT: Client = createClientRecord({
  clientId: 'sandbox-client',
  clientSecret: 'sandbox-secret',
});

/** `token()` of the library sends it. */
export const LIBRARY_USER_AGENT = 'mock-veridas';

/** The client of the demo page, which is no part of an integration. */
export const DEMO_CLIENT = 'demo';

/**
 * Whether `given` is the client's secret. Constant time, so that the secret cannot be found letter by letter.
 */
export function isSecretOf(client: Client, given: string | undefined): boolean {
  const candidate = given ?? '';
  let difference = client.clientSecret.length ^ candidate.length;
  for (let i = 0; i < candidate.length; i += 1) {
    difference |= candidate.charCodeAt(i) ^ client.clientSecret.charCodeAt(i % client.clientSecret.length);
  }
  return difference === 0 && given !== undefined;
}

/**
 * Whether a request for `client` may come from its address. Guide 6.1.
 *
 * @param isAmong whether the request's address is in one of these addresses and ranges
 */
export const canConnectFrom = (client: Client, isAmong: (ranges: readonly string[]) => boolean): boolean =>
  client.environment === 'sandbox' || isAmong(client.allowedIps);
