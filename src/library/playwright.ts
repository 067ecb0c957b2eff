import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { endClient, useMock } from './fixture.ts';
import type { ClientOptions, Mock } from './index.ts';
import { getScope } from './mock.ts';
import { describeCalls } from './playwright/describe-calls.ts';
import { createVideocall, type Videocall } from './playwright/embed.ts';
import { openParentPage, type ParentPage } from './playwright/parent.ts';

export type { Embedded, EmbedOptions, Videocall } from './playwright/embed.ts';
export type { Listening } from './playwright/listening.ts';

/** The fixtures of a test. */
export interface VideocallFixtures {
  /** A client of the test's own, a sandbox that no other test sees, and its calls in pages. */
  readonly videocall: Videocall;
}

/** Options for `use` in the config, or for `test.use`. */
export interface VideocallOptions {
  /** Properties of the test's client, for example `{ scenario: 'manual' }`. */
  readonly videocallClient: ClientOptions;
  /** Whether findings fail a test. By default they do not. */
  readonly failOnFindings: boolean;
}

/** Options of workers, for `use` in the config. */
export interface VideocallWorkerOptions {
  /**
   * A folder for the reports of the workers: each writes what `mock-veridas report` does to a folder of its own in it. In
   * `mock-veridas exec`, which has `--report`, it is not used.
   */
  readonly videocallReport: string | undefined;
}

/** The fixtures of a worker. */
export interface VideocallWorkerFixtures {
  /** The simulator of `mock-veridas exec`, or a new one for this worker. */
  readonly mock: Mock;
}

/**
 * Playwright's `test` with a simulator. Findings fail tests with `failOnFindings: true` in `use`.
 *
 * @example
 * import { expect } from '@playwright/test';
 * import { test } from 'mock-veridas/playwright';
 *
 * test('the page hears the whole call', async ({ page, videocall }) => {
 *   const call = await videocall.embed(page, { scenario: 'manual' });
 *   await call.join();
 *   await call.heard('VideocallLoading');
 *   await call.start();
 *   await call.end();
 *   await call.heard('VideocallCompleted');
 *   await expect(call.frame.locator('body')).toHaveAttribute('data-state', 'ended');
 * });
 */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & VideocallFixtures & VideocallOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & VideocallWorkerFixtures & VideocallWorkerOptions
> = base.extend<VideocallFixtures & VideocallOptions, VideocallWorkerFixtures & VideocallWorkerOptions>({
  mock: [
    ({ videocallReport: report }, use, { workerIndex }) => useMock({ id: String(workerIndex), report }, use),
    { scope: 'worker' },
  ],
  videocallReport: [undefined, { option: true, scope: 'worker' }],
  videocallClient: [{}, { option: true }],
  failOnFindings: [false, { option: true }],
  videocall: async ({ mock, videocallClient, failOnFindings }, use, info) => {
    const client = await mock.client(videocallClient);
    const scope = getScope(client);
    let parent: ParentPage | undefined;
    const openParent = async () => {
      parent ??= await openParentPage();
      return parent.url;
    };
    await use(createVideocall(client, openParent, () => describeCalls(scope)));
    await parent?.close();
    const hasPassed = info.status === info.expectedStatus;
    // Loaded lazily: it is large, and most tests pass.
    const attach = async () => (await import('./playwright/attach.ts')).attachHistory(info, scope);
    if (!hasPassed) await attach();
    await endClient(client, { hasPassed, failOnFindings }).catch(async (error) => {
      if (hasPassed) await attach();
      throw error;
    });
  },
});
