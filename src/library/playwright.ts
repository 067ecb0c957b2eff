import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { endClient, mockFixture } from './fixture.ts';
import type { ClientOptions, Mock } from './index.ts';
import { createVideocall, type Videocall } from './playwright/embed.ts';
import { openParentPage, type ParentPage } from './playwright/parent.ts';

export type { Embedded, EmbedOptions, Videocall } from './playwright/embed.ts';
export type { Listening } from './playwright/listening.ts';

/** What a test is given, and what it can say about that. */
export interface VideocallFixtures {
  /** A client of the test's own, a sandbox that no other test sees, and its calls in pages. */
  readonly videocall: Videocall;
}

/** What can be set in `use` of the config, or by `test.use`. */
export interface VideocallOptions {
  /** What the client of a test is to be, as in `{ scenario: 'manual' }`. */
  readonly videocallClient: ClientOptions;
  /** Whether a test fails when a mistake of the integration was seen. By default it does not. */
  readonly failOnFindings: boolean;
}

/** What the tests of a worker share. */
export interface VideocallWorkerFixtures {
  /** The simulator of `mock-veridas exec`, or one for this worker. */
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
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & VideocallWorkerFixtures
> = base.extend<VideocallFixtures & VideocallOptions, VideocallWorkerFixtures>({
  mock: [mockFixture, { scope: 'worker' }],
  videocallClient: [{}, { option: true }],
  failOnFindings: [false, { option: true }],
  videocall: async ({ mock, videocallClient, failOnFindings }, use, info) => {
    const client = await mock.client(videocallClient);
    let parent: ParentPage | undefined;
    await use(
      createVideocall(client, async () => {
        parent ??= await openParentPage();
        return parent.url;
      }),
    );
    await parent?.close();
    await endClient(client, { hasPassed: info.status === info.expectedStatus, failOnFindings });
  },
});
