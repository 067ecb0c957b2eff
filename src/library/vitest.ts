import { test as base, type TestAPI } from 'vitest';
import { endClient, useMock } from './fixture.ts';
import type { ClientOptions, Mock, MockClient } from './index.ts';

/** The fixtures of a test. */
export interface VideocallFixtures {
  /** The simulator of `mock-veridas exec`, or a new one for this worker. */
  readonly mock: Mock;
  /** A client of the test's own, a sandbox that no other test sees. */
  readonly videocall: MockClient;
  /** Properties of the client, for example `{ scenario: 'manual' }`. */
  readonly videocallClient: ClientOptions;
  /** Whether findings fail the test. By default they do not. */
  readonly failOnFindings: boolean;
  /**
   * A folder for the reports of the workers: each writes what `mock-veridas report` does to a folder of its own in it. In
   * `mock-veridas exec`, which has `--report`, it is not used.
   */
  readonly videocallReport: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    failOnFindings: boolean;
    videocallReport: string;
  }
}

/**
 * Vitest's `test` with a simulator. Findings fail the tests of a group with
 * `test.override({ failOnFindings: true })`, and all tests with `provide: { failOnFindings: true }` in Vitest's
 * config.
 *
 * @example
 * import { expect } from 'vitest';
 * import { test } from 'mock-veridas/vitest';
 *
 * test('a call takes one token', async ({ videocall }) => {
 *   await videocall.token(); // or your backend, with videocall.clientId and videocall.clientSecret
 *   expect(await videocall.journal.count({ path: '/o/token/', status: 200 })).toBe(1);
 * });
 */
export const test: TestAPI<VideocallFixtures> = base.extend<VideocallFixtures>({
  mock: [
    // biome-ignore lint/style/noProcessEnv: Vitest numbers its workers there
    ({ videocallReport: report }, use) => useMock({ id: process.env.VITEST_WORKER_ID ?? '0', report }, use),
    { scope: 'worker' },
  ],
  videocallReport: [undefined, { scope: 'worker', injected: true }],
  videocallClient: {},
  failOnFindings: [false, { injected: true }],
  videocall: async ({ mock, videocallClient, failOnFindings, task }, use) => {
    const client = await mock.client(videocallClient);
    await use(client);
    await endClient(client, { hasPassed: task.result?.state !== 'fail', failOnFindings });
  },
});
