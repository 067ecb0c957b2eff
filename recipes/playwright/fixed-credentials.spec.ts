// Tests in parallel, although the backend of the shop has fixed credentials: each has a validation of its own.
import { expect, type Page, test } from '@playwright/test';
import { connectMock } from 'mock-veridas';

test.describe.configure({ mode: 'parallel' });

/** Opens the shop for a customer of the test's own, and waits until the frame has checked in. */
async function openCall(page: Page, scenario: string) {
  const mock = await connectMock('http://127.0.0.1:4010/__admin');
  const customer = `${test.info().testId}-${test.info().retry}`;
  await mock.validations.set(customer, { scenario });
  await page.goto(`/?customer=${customer}`);
  await mock.waitFor({ page: 'open' }, { validationId: customer });
  return { mock, customer, call: mock.call(customer) };
}

test('the call succeeds', async ({ page }) => {
  const { call } = await openCall(page, 'manual');
  await call.join();
  await call.start();
  await call.end();
  await expect(page.getByRole('status')).toHaveText('VideocallCompleted');
});

test('the call fails', async ({ page }) => {
  const { call } = await openCall(page, 'manual');
  await call.fail('VideocallServerNotOperational');
  await expect(page.getByRole('status')).toHaveText('VideocallServerNotOperational');
});

test('the agent is ten minutes late', async ({ page }) => {
  const { call } = await openCall(page, 'agent-late');
  await call.advance('30m'); // this call alone, which ends by then, and not the clock of the client
  await expect(page.getByRole('status')).toHaveText('VideocallCompleted');
});

test('the customer closes the tab', async ({ page }) => {
  const { mock, customer, call } = await openCall(page, 'manual');
  await page.close();
  await mock.waitFor({ page: 'none' }, { validationId: customer });
  expect((await call.join()).page).toBe('none');
});
