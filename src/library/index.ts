import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';

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
export type { StartedMock } from './launch-mock.ts';
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
export { startMock } from './start-mock.ts';

/** Creates a store in this process, to pass to `startMock`. */
export const newMemoryStore = (): Store => createMemoryStore(systemTime);
