import { type MockOptions, newMemoryStore, type StartedMock, startMock } from '../../src/library/index.ts';
import { findUndescribed } from './control-description.ts';
import { createPrefix } from './redis.ts';

/** A running simulator, and helpers that use it over HTTP as its users do. */
export interface Drive {
  readonly mock: StartedMock;
  /** Sends a request to the control API. `json` is undefined when the response has no body. */
  admin<T = Json>(method: string, path: string, body?: unknown): Promise<{ status: number; json: T }>;
  /** Requests a token as the guide's urlencoded example does. */
  requestToken(fields?: Record<string, string>): Promise<Response>;
  /** Returns a new token of the client, by default the built-in one. */
  token(client?: Credentials): Promise<string>;
  /** Opens `/call` as an iframe does. */
  open(token: string, validationId: string): Promise<{ status: number; state: string; html: string }>;
  /** Creates a client through the control API. */
  createClient(given?: Record<string, unknown>): Promise<Credentials>;
}

// biome-ignore lint/suspicious/noExplicitAny: the tests check what they expect of it
export type Json = any;

export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
}

export const SANDBOX: Credentials = { client_id: 'sandbox-client', client_secret: 'sandbox-secret' };

/** The Redis for all simulators; without it, they store everything in memory. */
// biome-ignore lint/style/noProcessEnv: the user sets it when running the tests
const SHARED_STORE = process.env.TEST_STORE;

/** Returns options for simulators that share a store, at once or one after the other. */
export const createSharedStore = (): Pick<MockOptions, 'store' | 'storePrefix'> =>
  SHARED_STORE === undefined
    ? { store: newMemoryStore() }
    : { store: SHARED_STORE, storePrefix: createPrefix() };

export async function openDrive(options: MockOptions = {}): Promise<Drive> {
  // Most tests open the frame at the host for backends, which logs a warning.
  const mock = await startMock({
    logLevel: 'error',
    ...(SHARED_STORE !== undefined && createSharedStore()),
    ...options,
  });
  return { mock, ...driveAt(mock) };
}

/**
 * Returns the helpers for a simulator that is already running.
 *
 * @param authorization credentials for its control API
 */
export function driveAt(
  { url, adminUrl }: Pick<StartedMock, 'url' | 'adminUrl'>,
  authorization?: string,
): Omit<Drive, 'mock'> {
  const admin = async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${adminUrl}${path}`, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = text === '' ? undefined : JSON.parse(text);
    const problems = findUndescribed(method, path, answer.status, json);
    if (problems.length > 0) throw new Error(`not as described: ${problems.join('; ')}`);
    return { status: answer.status, json: json as T };
  };
  const requestToken = (fields: Record<string, string> = {}) =>
    fetch(`${url}/o/token/`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', ...SANDBOX, ...fields }),
    });
  return {
    admin,
    requestToken,
    async token(client = SANDBOX) {
      const answer = await requestToken({ ...client });
      if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { access_token: string }).access_token;
    },
    async open(token, validationId) {
      const query = new URLSearchParams({ access_token: token, validation_id: validationId });
      const answer = await fetch(`${url}/call?${query}`);
      const html = await answer.text();
      return { status: answer.status, html, state: /<body data-state="([^"]*)"/.exec(html)?.[1] ?? '' };
    },
    async createClient(given = {}) {
      const { json } = await admin<Credentials>('POST', '/clients', given);
      return { client_id: json.client_id, client_secret: json.client_secret };
    },
  };
}
