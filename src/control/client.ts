import { send, splitCredentials } from '../system/http.ts';
import { type Answer, type Control, createControl, RequestFailed } from './schema/client.ts';
import { ADMIN, trimTrailingSlashes } from './schema/paths.ts';

/**
 * The address of the control API of the simulator at `address`, which may already be that of the control API.
 *
 * @param credentials override those in the address
 */
export function controlAddress(
  address: string,
  credentials?: { readonly user: string; readonly password?: string | undefined },
): string {
  const url = new URL(address);
  const path = trimTrailingSlashes(url.pathname);
  url.pathname = path.endsWith(ADMIN) ? path : `${path}${ADMIN}`;
  url.search = '';
  url.hash = '';
  if (credentials?.password !== undefined) {
    url.username = encodeURIComponent(credentials.user);
    url.password = encodeURIComponent(credentials.password);
  }
  return url.href;
}

const TIMEOUT_MS = 10_000;

/**
 * The control API at an address, over Node's HTTP.
 *
 * @param address as `controlAddress` returns it; credentials in it are sent as Basic auth
 * @param timeoutMs how long an answer may take, in real time
 */
export function controlAt(address: string, timeoutMs = TIMEOUT_MS): Control {
  const { url, authorization } = splitCredentials(address);
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  return createControl(({ method, path, body }) =>
    send(`${url}${path}`, { method, headers, body, timeoutMs }),
  );
}

/**
 * Asks a simulator for its health, which also proves that it is one.
 *
 * @throws {RequestFailed} of code `not_simulator` when something else answers
 */
export async function askHealth(control: Control): Promise<Answer<'GET /health'>> {
  const health: Partial<Answer<'GET /health'>> | null = await control.ask('GET /health');
  if (typeof health?.version !== 'string' || typeof health.time !== 'string')
    throw new RequestFailed('not_simulator', 'is not a mock-veridas control API');
  return health as Answer<'GET /health'>;
}
