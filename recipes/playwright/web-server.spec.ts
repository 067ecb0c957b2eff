// The page of the shop embeds the frame itself; the test plays the agent, by the control API.
import { expect, test } from '@playwright/test';
import { connectMock } from 'mock-veridas';

test('a customer is called', async ({ page }) => {
  const mock = await connectMock('http://127.0.0.1:4010/__admin');
  await page.goto('/?customer=customer-1');
  await mock.waitFor({ page: 'open' }, { validationId: 'customer-1' });

  const call = mock.call('customer-1');
  await call.join();
  await call.start();
  await expect(page.getByRole('status')).toHaveText('VideocallInitiated');
  await call.end();
  await expect(page.getByRole('status')).toHaveText('VideocallCompleted');
});
