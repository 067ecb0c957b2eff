// The fixture needs no server of the config: it starts a simulator for each worker, or uses that of `exec`.
import { expect } from '@playwright/test';
import { test } from 'mock-veridas/playwright';

test.use({ failOnFindings: true, videocallClient: { scenario: 'manual' } });

test('a call is heard', async ({ page, videocall }) => {
  const call = await videocall.embed(page);
  await call.join();
  await call.heard('VideocallLoading');
  await call.start();
  await call.end();
  await call.heard('VideocallCompleted');
  await expect(call.frame.locator('body')).toHaveAttribute('data-state', 'ended');
});
