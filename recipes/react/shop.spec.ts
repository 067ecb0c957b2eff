// Each test answers for the backend, whose credentials are fixed, with a token of its own client.
import { expect, type Page } from '@playwright/test';
import { test as base } from 'mock-veridas/playwright';

const ID = 'customer-1';

/** Opens the call in the page, by a token of the test's client. */
const test = base.extend<{ shop: Page }>({
  shop: async ({ page, videocall }, use) => {
    // Time passes only where a test advances it, so a state that lasts a second does not pass unseen.
    await videocall.clock.freeze();
    await page.route('**/api/call', async (route) =>
      route.fulfill({ json: { src: videocall.call(ID).src(await videocall.token()) } }),
    );
    await page.goto('/');
    await page.getByRole('button', { name: 'Call' }).click();
    await videocall.waitFor({ page: 'open' }, { timeout: '60s' });
    await use(page);
  },
});

test.describe('a call that succeeds', () => {
  test.use({ videocallClient: { scenario: 'manual' } });

  test('verifies the customer', async ({ shop, videocall }) => {
    const call = videocall.call(ID);
    await call.join();
    await call.start();
    await expect(shop.getByRole('status')).toHaveText('You are in the call');
    await call.end();
    await expect(shop.getByRole('status')).toHaveText('You are verified');
    await expect(shop.getByTitle('Video call')).toHaveCount(0);
  });
});

test.describe('a call that fails', () => {
  test.use({ videocallClient: { scenario: 'manual' } });

  test('says so', async ({ shop, videocall }) => {
    await videocall.call(ID).fail('VideocallServerNotOperational');
    await expect(shop.getByRole('status')).toHaveText('Please try again later');
  });
});

test.describe('an agent who is late', () => {
  test.use({ videocallClient: { scenario: 'agent-late' } });

  test('comes after ten minutes', async ({ shop, videocall }) => {
    await videocall.clock.advance('9m');
    await expect(shop.getByRole('status')).toHaveText('Welcome');
    await videocall.clock.advance('1m');
    await expect(shop.getByRole('status')).toHaveText('The agent is coming');
  });
});

test.describe('a tab that is closed', () => {
  test.use({ videocallClient: { scenario: 'manual' } });

  test('leaves the agent alone', async ({ shop, videocall }) => {
    const call = videocall.call(ID);
    await call.join();
    await shop.close();
    await videocall.waitFor({ page: 'none' }, { timeout: '60s' });
    expect(await call.start()).toMatchObject({ page: 'none' });
  });
});
