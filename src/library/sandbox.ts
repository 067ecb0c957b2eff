import { LIBRARY_USER_AGENT } from '../domain/client.ts';
import { INTERCEPTED_HINT, isIntercepted, send } from '../system/http.ts';
import { type CallHandle, createCallHandle } from './call.ts';
import { type Clock, createClock } from './clock.ts';
import { MockError } from './error.ts';
import { createFaults, type Faults } from './faults.ts';
import {
  type Coverage,
  createJournal,
  createWaitFor,
  type Finding,
  type Goal,
  type Journal,
  type WaitOptions,
  type WaitResult,
} from './journal.ts';
import { createScenarios, createValidations, type Scenarios, type Validations } from './scenarios.ts';
import type { Credentials, Scope } from './scope.ts';

/**
 * What a test can set up and observe, for one client or for all. A refused request throws a `MockError`. Results are in
 * camelCase, with times in ISO 8601.
 */
export interface Sandbox extends Credentials {
  /** Gets a new access token like a backend does: by `POST /o/token/`. */
  token(): Promise<string>;
  /** A handle on the latest call of a validation, or on number `n`. */
  call(validationId: string, options?: { readonly n?: number }): CallHandle;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly scenarios: Scenarios;
  readonly validations: Validations;
  /** Every finding, oldest first. */
  findings(): Promise<Finding[]>;
  /** What the tests have played; without a client, of all clients since the last full reset, also of those that are gone. */
  coverage(): Promise<Coverage>;
  /**
   * Waits until something has happened, and returns it; what happened earlier counts. On a timeout it throws a `MockError` of
   * code `timeout` that lists what happened instead.
   *
   * @example
   * await mock.waitFor({ request: { path: '/o/token/', status: 200 } });
   * await mock.waitFor({ event: 'VideocallCompleted' }, { validationId: 'val-1', timeout: '10s' });
   * const { events } = await mock.waitFor({ callState: 'ended' });
   * console.log(events.at(-1)?.code); // VideocallCompleted
   */
  waitFor<const G extends Goal>(goal: G, options?: WaitOptions): Promise<WaitResult<G>>;
  /** Resets everything, or only this client, which keeps its credentials. */
  reset(): Promise<void>;
}

/** A fault may delay the answer by ten minutes. */
const TIMEOUT_MS = 660_000;

/** Requests a token as in guide 5.2. */
async function requestToken({ url, credentials: { clientId, clientSecret } }: Scope): Promise<string> {
  const address = `${url}/o/token/`;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  const { status, text } = await send(address, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': LIBRARY_USER_AGENT },
    body: String(form),
    timeoutMs: TIMEOUT_MS,
  }).catch((cause: Error) => {
    const hint = isIntercepted(cause) ? { hint: INTERCEPTED_HINT } : {};
    throw new MockError('no_token', `${address} does not answer: ${cause.message}`, { ...hint, cause });
  });
  if (status !== 200) {
    const message = `${address} answered ${status} for client "${clientId}": ${text}`;
    throw new MockError('no_token', message, { hint: 'the journal has the reason' });
  }
  try {
    const { access_token } = JSON.parse(text) as { access_token: unknown };
    if (typeof access_token === 'string') return access_token;
  } catch {
    // Reported below.
  }
  const hint = isIntercepted(undefined) ? { hint: INTERCEPTED_HINT } : {};
  throw new MockError('no_token', `${address} answered without an access_token: ${text}`, hint);
}

/**
 * The verbs of the library within a scope.
 *
 * @internal
 */
export const createSandbox = (scope: Scope): Sandbox => ({
  clientId: scope.credentials.clientId,
  clientSecret: scope.credentials.clientSecret,
  token: () => requestToken(scope),
  call: (validationId, { n } = {}) => createCallHandle(scope, validationId, n),
  clock: createClock(scope),
  faults: createFaults(scope),
  journal: createJournal(scope),
  scenarios: createScenarios(scope),
  validations: createValidations(scope),
  findings: async () => (await scope.control.ask('GET /findings', { query: scope.client })).items,
  coverage: () => scope.control.ask('GET /coverage', { query: scope.client }),
  waitFor: createWaitFor(scope),
  reset: async () => void (await scope.control.ask('POST /reset', { query: scope.client })),
});
