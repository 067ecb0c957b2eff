import type { MockOptions } from '../server/mock-options.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';
import { MockError } from './error.ts';
import { launchMock, type StartedMock } from './launch-mock.ts';

export type { Client } from '../domain/client.ts';
export type { Scenario } from '../domain/scenario.ts';
export type { Addresses, Secure } from '../server/addresses.ts';
export { CannotListen } from '../server/listen.ts';
export type { MockOptions } from '../server/mock-options.ts';
export { type Store, StoreUnavailable } from '../store/store.ts';
export type { Act, Call, CallHandle, Delivery, EventRecord } from './call.ts';
export type { Clock, ClockReading } from './clock.ts';
export { type ConnectOptions, connectMock } from './connect.ts';
export type { Duration } from './duration.ts';
export { MockError, type MockErrorCode } from './error.ts';
export type { Fault, FaultOptions, Faults } from './faults.ts';
export type {
  CallEvent,
  Coverage,
  Finding,
  Goal,
  Journal,
  JournalEntry,
  JournalFilter,
  Situation,
  WaitOptions,
  WaitResult,
} from './journal.ts';
export type { ClientOptions, Mock, MockClient } from './mock.ts';
export type { Sandbox } from './sandbox.ts';
export type {
  ScenarioOptions,
  ScenarioStep,
  Scenarios,
  ScenarioView,
  Validation,
  ValidationOptions,
  Validations,
} from './scenarios.ts';
export type { Credentials } from './scope.ts';
export type { StartedMock };

/** Creates a store in this process, to pass to `startMock`. */
export const newMemoryStore = (): Store => createMemoryStore(systemTime);

/** Problems in options as one line. A path says which client; the message names the rest. */
const describeProblems = (errors: MockError['errors']): string =>
  errors
    .map(({ path, message }) => (/^\/clients\/\d+/.test(path) ? `${path.slice(1)}: ${message}` : message))
    .join('; ');

/**
 * Starts a simulator in this process, on a free port.
 *
 * @example
 * await using mock = await startMock({ scenario: 'manual' });
 * const answer = await fetch(`${mock.url}/o/token/`, {
 *   method: 'POST',
 *   body: new URLSearchParams({
 *     grant_type: 'client_credentials', client_id: mock.clientId, client_secret: mock.clientSecret,
 *   }),
 * });
 * console.log(answer.status); // 200
 *
 * @throws {MockError} of code `invalid`: options that cannot be, each with its reason
 * @throws {CannotListen} the port or address cannot be bound
 * @throws {StoreUnavailable} the store cannot be reached within a few seconds
 */
export async function startMock(options: MockOptions = {}): Promise<StartedMock> {
  // The server is large, and `connectMock` does not need it.
  const { findOptionProblems } = await import('./check-options.ts');
  const errors = findOptionProblems(options);
  if (errors.length > 0) throw new MockError('invalid', `startMock: ${describeProblems(errors)}`, { errors });
  return launchMock(options);
}
