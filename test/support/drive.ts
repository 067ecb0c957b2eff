import { type MockOptions, newMemoryStore, type StartedMock, startMock } from '../../src/library/index.ts';
import { findUndescribed } from './control-description.ts';
import { createPrefix } from './redis.ts';

/** A running simulator, driven over HTTP as its users drive it. */
export interface Drive {
  readonly mock: StartedMock;
  /** A call of the control API; the answer's JSON, or undefined when it has no body. */
  admin<T = Json>(method: string, path: string, body?: unknown): Promise<{ status: number; json: T }>;
  /** Asks for a token as the guide's urlencoded example does. */
  requestToken(fields?: Record<string, string>): Promise<Response>;
  /** A fresh token of the client (by default the built-in one). */
  token(client?: Credentials): Promise<string>;
  /** Opens `/call` as an iframe does. */
  open(token: string, validationId: string): Promise<{ status: number; state: string; html: string }>;
  /** A client of its own, made through the control API. */
  createClient(given?: Record<string, unknown>): Promise<Credentials>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are judged by what the test expects of them
export type Json = any;

export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
}

export const SANDBOX: Credentials = { client_id: 'sandbox-client', client_secret: 'sandbox-secret' };

/** The Redis on which all is to be driven, instead of in memory. */
// biome-ignore lint/style/noProcessEnv: it is for whoever runs the tests to say
const SHARED_STORE = process.env.TEST_STORE;

/** Options for simulators that are to share a store, at once or one after the other. */
export const createSharedStore = (): Pick<MockOptions, 'store' | 'storePrefix'> =>
  SHARED_STORE === undefined
    ? { store: newMemoryStore() }
    : { store: SHARED_STORE, storePrefix: createPrefix() };

export async function openDrive(options: MockOptions = {}): Promise<Drive> {
  // Most tests open the frame under the name for backends, which is warned of.
  const mock = await startMock({
    logLevel: 'error',
    ...(SHARED_STORE !== undefined && createSharedStore()),
    ...options,
  });
  return { mock, ...driveAt(mock) };
}

/** The same for a simulator that runs elsewhere. */
export function driveAt({ url, adminUrl }: Pick<StartedMock, 'url' | 'adminUrl'>): Omit<Drive, 'mock'> {
  const admin = async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${adminUrl}${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await answer.text();
    const json = text === '' ? undefined : JSON.parse(text);
    const faults = findUndescribed(method, path, answer.status, json);
    if (faults.length > 0) throw new Error(`not as described: ${faults.join('; ')}`);
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
