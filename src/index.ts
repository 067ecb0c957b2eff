import { systemTime } from './clock.ts';
import { controlAddress } from './contracts/asking.ts';
import { SANDBOX_CLIENT } from './domain/client.ts';
import type { Launched, MockOptions } from './launch.ts';
import { controlAt } from './library/control.ts';
import { type Mock, mockOver } from './library/mock.ts';
import { memoryStore } from './store/memory.ts';
import type { Store } from './store/store.ts';

export type { Client } from './domain/client.ts';
export type { Scenario } from './domain/scenario.ts';
export { CannotListen } from './http/listen.ts';
export type { MockOptions, Secure } from './launch.ts';
export type { Act, Call, CallHandle, Delivery, SaidEvent } from './library/call.ts';
export type { Clock, ClockReading } from './library/clock.ts';
export { type ConnectOptions, connectMock } from './library/connect.ts';
export type { Duration } from './library/duration.ts';
export { MockError, type MockErrorCode } from './library/error.ts';
export type { Fault, FaultOptions, Faults } from './library/faults.ts';
export type {
  CallEvent,
  Finding,
  Goal,
  Journal,
  JournalEntry,
  JournalFilter,
  Met,
  Patience,
} from './library/journal.ts';
export type { ClientOptions, Mock, MockClient } from './library/mock.ts';
export type { Sandbox } from './library/sandbox.ts';
export type {
  ScenarioOptions,
  ScenarioStep,
  Scenarios,
  ScenarioView,
  Validation,
  ValidationOptions,
  Validations,
} from './library/scenarios.ts';
export type { Addresses, Credentials } from './library/scope.ts';
export { type Store, StoreUnavailable } from './store/store.ts';

/** A store in this process, to be given to `startMock`. */
export const newMemoryStore = (): Store => memoryStore(systemTime);

/** A simulator that runs in this process. */
export interface StartedMock extends Mock, Omit<Launched, 'close'> {}

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
 * @throws {CannotListen} the port or address cannot be had
 * @throws {StoreUnavailable} the store cannot be reached within a few seconds
 */
export async function startMock(options: MockOptions = {}): Promise<StartedMock> {
  // The server is large, and whoever connects to one that runs elsewhere can do without.
  const { launch } = await import('./launch.ts');
  const launched = await launch(options);
  const { adminUrl, adminCredentials, close } = launched;
  const [{ clientId, clientSecret } = SANDBOX_CLIENT] = options.clients ?? [];
  const mock = mockOver(
    controlAt(controlAddress(adminUrl, adminCredentials)),
    launched,
    { clientId, clientSecret },
    close,
  );
  return { ...launched, ...mock };
}
