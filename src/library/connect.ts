import { controlAddress } from '../control/client.ts';
import { type Answer, RequestFailed } from '../control/schema/client.ts';
import { ADMIN, CONSOLE, DEMO } from '../control/schema/paths.ts';
import { hostOf, isLoopback } from '../server/address.ts';
import { withoutCredentials } from '../system/http.ts';
import type { Camel } from './camel-case.ts';
import { type CamelControl, camelControlAt, mockError } from './control.ts';
import { MockError } from './error.ts';
import { createMock, type Mock } from './mock.ts';
import type { Addresses, Credentials } from './scope.ts';

/** Where a simulator runs. */
export interface ConnectOptions {
  /** Its control API, e.g. `http://127.0.0.1:4010/__admin`; Basic credentials may stand in it. */
  readonly adminUrl: string;
  /** What the control API asks for, if it asks. */
  readonly adminCredentials?: { readonly user: string; readonly password: string } | undefined;
  /** Where backends find it, if not where its control API is. */
  readonly url?: string | undefined;
  /** Where browsers find it; by default `videocall.localhost` on this machine, or else where backends do. */
  readonly browserUrl?: string | undefined;
  /** Whose tokens `token()` gets; by default those of its first client. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
}

// biome-ignore lint/style/noProcessEnv: exec hands on by it where the simulator is
const getEnvironment = () => process.env;

/** Whether this process was started by `mock-veridas exec`, or told where a simulator is as by that. */
export const hasExecEnvironment = (): boolean => (getEnvironment().VIDEOCALL_ADMIN_URL ?? '') !== '';

/**
 * What `mock-veridas exec` hands on to the command that it runs.
 *
 * @throws {MockError} there is nothing of it
 */
function readExecEnvironment(): ConnectOptions {
  const env = getEnvironment();
  const { VIDEOCALL_ADMIN_URL: adminUrl = '' } = env;
  if (!hasExecEnvironment()) {
    throw new MockError('unreachable', 'there is no VIDEOCALL_ADMIN_URL in the environment', {
      hint: 'run the tests by `npx mock-veridas exec -- …`, or say where the simulator is',
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

/** The control API of an address with or without its path, with credentials in it if there are any. */
function toAdminUrl({ adminUrl, adminCredentials }: ConnectOptions): string {
  if (!URL.canParse(adminUrl) || !/^https?:/i.test(adminUrl)) {
    throw new MockError('unreachable', `"${adminUrl}" is no address`, {
      hint: 'give one like http://127.0.0.1:4010/__admin',
    });
  }
  return controlAddress(adminUrl, adminCredentials);
}

/** `base` under another name, where that leads to this machine. */
function withHostName(base: string, name: string): string {
  const address = new URL(base);
  if (isLoopback(hostOf(base))) address.hostname = name;
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

/** Whose tokens are meant: a secret that is not given is asked for. */
async function resolveCredentials(
  control: CamelControl,
  url: string,
  given: ConnectOptions,
): Promise<Credentials> {
  // Another server may answer with any JSON.
  const answer: Partial<Camel<Answer<'GET /clients'>>> | null | undefined = await control.ask('GET /clients');
  const items = answer?.items;
  if (!Array.isArray(items)) throw mockError(url, new RequestFailed('not_simulator', 'is no mock-veridas'));
  const { clientId = items[0]?.clientId, clientSecret } = given;
  if (clientId === undefined) throw new MockError('not_found', 'the simulator has no client');
  if (clientSecret !== undefined) return { clientId, clientSecret };
  const known = items.find((one) => one.clientId === clientId);
  if (known === undefined) throw new MockError('not_found', `there is no client "${clientId}"`);
  return { clientId, clientSecret: known.clientSecret };
}

/**
 * Connects to a simulator that runs elsewhere, with the same verbs as one that was started here. When nothing is given
 * it is the one of `mock-veridas exec`, found by `VIDEOCALL_ADMIN_URL`, `VIDEOCALL_URL`, `VIDEOCALL_BROWSER_URL`,
 * `CLIENT_ID` and `CLIENT_SECRET`, and where it asks for credentials by `MOCK_VERIDAS_ADMIN_USER` and
 * `MOCK_VERIDAS_ADMIN_PASSWORD`; of the environment nothing counts when something is given.
 *
 * @example
 * await using mock = await connectMock('http://127.0.0.1:4010');
 * await using client = await mock.client();
 * console.log((await client.token()).length); // 30
 *
 * @param given where it is: the address of its control API, or more than that
 * @throws {MockError} of code `unreachable` when nobody answers there who is a simulator, `unauthorized` when it asks for
 * credentials
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
