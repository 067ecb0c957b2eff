import { controlAddress } from '../control/client.ts';
import { type Answer, RequestFailed } from '../control/schema/client.ts';
import { ADMIN, CONSOLE, DEMO } from '../control/schema/paths.ts';
import { getHostname, isLoopback } from '../server/address.ts';
import type { Addresses } from '../server/addresses.ts';
import { withoutCredentials } from '../system/http.ts';
import type { Camel } from './camel-case.ts';
import { type CamelControl, camelControlAt, mockError } from './control.ts';
import { MockError } from './error.ts';
import { createMock, type Mock } from './mock.ts';
import type { Credentials } from './scope.ts';

/** Addresses of a running simulator, and credentials. */
export interface ConnectOptions {
  /** Its control API, e.g. `http://127.0.0.1:4010/__admin`; may contain Basic credentials. */
  readonly adminUrl: string;
  /** The credentials of the control API, if it requires any. */
  readonly adminCredentials?: { readonly user: string; readonly password: string } | undefined;
  /** Base URL for backends, if it differs from the control API's. */
  readonly url?: string | undefined;
  /** Base URL for browsers; by default `videocall.localhost` for a simulator on this machine, otherwise that for backends. */
  readonly browserUrl?: string | undefined;
  /** The client whose tokens `token()` gets; by default the first client. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
}

// biome-ignore lint/style/noProcessEnv: `exec` passes the addresses in the environment
const getEnvironment = () => process.env;

/** Whether this process runs under `mock-veridas exec`. */
export const hasExecEnvironment = (): boolean => (getEnvironment().VIDEOCALL_ADMIN_URL ?? '') !== '';

/**
 * The addresses and credentials that `mock-veridas exec` passes to its command.
 *
 * @throws {MockError} they are not set
 */
function readExecEnvironment(): ConnectOptions {
  const env = getEnvironment();
  const { VIDEOCALL_ADMIN_URL: adminUrl = '' } = env;
  if (!hasExecEnvironment()) {
    throw new MockError('unreachable', 'VIDEOCALL_ADMIN_URL is not set', {
      hint: 'run the tests with `npx --no-install mock-veridas exec -- …`, or pass adminUrl',
    });
  }
  const { MOCK_VERIDAS_ADMIN_USER: user = 'admin', MOCK_VERIDAS_ADMIN_PASSWORD: password } = env;
  return {
    adminUrl,
    adminCredentials: password === undefined ? undefined : { user, password },
    url: env.VIDEOCALL_URL,
    browserUrl: env.VIDEOCALL_BROWSER_URL,
    clientId: env.CLIENT_ID,
    clientSecret: env.CLIENT_SECRET,
  };
}

/** The control API at an address, which may lack the path and may contain credentials. */
function toAdminUrl({ adminUrl, adminCredentials }: ConnectOptions): string {
  if (!URL.canParse(adminUrl) || !/^https?:/i.test(adminUrl)) {
    throw new MockError('unreachable', `"${withoutCredentials(String(adminUrl))}" is not an http(s) URL`, {
      hint: 'use one such as http://127.0.0.1:4010/__admin',
    });
  }
  return controlAddress(adminUrl, adminCredentials);
}

/** `base` under another host name, if it is on this machine. */
function withHostName(base: string, name: string): string {
  const address = new URL(base);
  if (isLoopback(getHostname(base))) address.hostname = name;
  return address.href.replace(/\/$/, '');
}

function toAddresses(adminUrl: string, { url, browserUrl }: ConnectOptions): Addresses {
  const base = adminUrl.slice(0, -ADMIN.length);
  return {
    url: url ?? base,
    browserUrl: browserUrl ?? withHostName(base, 'videocall.localhost'),
    adminUrl,
    demoUrl: `${withHostName(base, 'localhost')}${DEMO}`,
    consoleUrl: `${base}${CONSOLE}`,
  };
}

/** The client whose tokens are meant; a missing secret is read from the simulator. */
async function resolveCredentials(
  control: CamelControl,
  url: string,
  given: ConnectOptions,
): Promise<Credentials> {
  // Another server may answer with any JSON.
  const answer: Partial<Camel<Answer<'GET /clients'>>> | null | undefined = await control.ask('GET /clients');
  const items = answer?.items;
  if (!Array.isArray(items))
    throw mockError(url, new RequestFailed('not_simulator', 'is not a mock-veridas control API'));
  const { clientId = items[0]?.clientId, clientSecret } = given;
  if (clientId === undefined) throw new MockError('not_found', 'the simulator has no client');
  if (clientSecret !== undefined) return { clientId, clientSecret };
  const known = items.find((one) => one.clientId === clientId);
  if (known === undefined) throw new MockError('not_found', `there is no client "${clientId}"`);
  return { clientId, clientSecret: known.clientSecret };
}

/**
 * Connects to a simulator that runs elsewhere, with the same verbs as one started here. Without an argument it is the one of
 * `mock-veridas exec`, found through `VIDEOCALL_ADMIN_URL`, `VIDEOCALL_URL`, `VIDEOCALL_BROWSER_URL`, `CLIENT_ID` and
 * `CLIENT_SECRET`, and, if it requires credentials, `MOCK_VERIDAS_ADMIN_USER` and `MOCK_VERIDAS_ADMIN_PASSWORD`. With an
 * argument the environment is ignored.
 *
 * @example
 * await using mock = await connectMock('http://127.0.0.1:4010');
 * await using client = await mock.client();
 * console.log((await client.token()).length); // 30
 *
 * @param given the address of its control API, or an object with more
 * @throws {MockError} of code `unreachable` when no simulator answers there, `unauthorized` when it requires credentials
 */
export async function connectMock(given?: string | ConnectOptions): Promise<Mock> {
  const options = typeof given === 'string' ? { adminUrl: given } : (given ?? readExecEnvironment());
  const address = toAdminUrl(options);
  const control = camelControlAt(address);
  const adminUrl = withoutCredentials(address);
  const credentials = await resolveCredentials(control, adminUrl, options);
  const end = async () => {};
  return createMock(control, toAddresses(adminUrl, options), credentials, end);
}
