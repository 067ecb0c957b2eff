// Plays every situation of the guide. Run it with: npx --no-install mock-veridas exec --min-coverage 100% -- npx playwright test
import { expect, type Page, test } from '@playwright/test';
import { connectMock, type Situation } from 'mock-veridas';

type SituationId = Situation['id'];

const LATER = 'Please try again later';

const expectStatus = (page: Page, text: string) => expect(page.getByRole('status')).toHaveText(text);

async function expectPlayed(...ids: SituationId[]) {
  const mock = await connectMock();
  const list = async () => (await mock.coverage()).items.filter(({ played }) => played).map(({ id }) => id);
  await expect.poll(list, { timeout: 30_000 }).toEqual(expect.arrayContaining(ids));
}

/** Opens the shop for a customer, whose id selects the scenario of the call, and waits until the frame has checked in. */
async function openCall(page: Page, customer: string) {
  const mock = await connectMock();
  await page.goto(`/?customer=${customer}`);
  await mock.waitFor({ page: 'open' }, { validationId: customer, timeout: '30s' });
  return mock;
}

/** Changes the address of the frame, and returns the earlier one. */
const changeFrame = (page: Page, change: (address: URL) => string) =>
  page
    .locator('iframe')
    .getAttribute('src')
    .then(async (src) => {
      const earlier = src ?? '';
      await page
        .locator('iframe')
        .evaluate((frame, next) => frame.setAttribute('src', next), change(new URL(earlier)));
      return earlier;
    });

const reloadFrame = (page: Page) => changeFrame(page, ({ href }) => href);

test('the token endpoint refuses, fails or is slow, and works again', async ({ page }) => {
  const mock = await connectMock();
  for (const status of [401, 503]) {
    await mock.faults.arm({ endpoint: 'token', status, times: 1 });
    await page.goto('/?customer=manual~1');
    await expectStatus(page, LATER);
    await openCall(page, 'manual~1');
  }
  await mock.faults.arm({ endpoint: 'token', latency: '1s', times: 1 });
  await openCall(page, 'manual~1');
  await expectPlayed('token-refused', 'token-unavailable', 'token-recovered', 'token-slow', 'sandbox-client');
});

test('the customer cancels, and opens the frame with the revoked token', async ({ page }) => {
  await openCall(page, 'manual~2');
  await page.getByRole('button').click();
  await expectStatus(page, 'canceled');
  await reloadFrame(page);
  await expectPlayed('token-revoked', 'revoked-token');
});

test('the frame is opened with an expired, a used or an unknown token', async ({ page }) => {
  const mock = await openCall(page, 'manual~3');
  await mock.clock.advance('2h');
  await reloadFrame(page);
  await expectPlayed('expired-token');
  await openCall(page, 'happy~1');
  await mock.clock.advance('1m');
  await expectStatus(page, 'VideocallCompleted');
  await reloadFrame(page);
  await expectPlayed('used-token');
  await changeFrame(page, ({ href }) => href.replace(/access_token=\w+/, 'access_token=unknown'));
  await expectPlayed('unknown-token');
});

test('the validation id is missing or not confirmed', async ({ page }) => {
  const mock = await openCall(page, 'manual~4');
  await changeFrame(page, ({ href }) => href.replace(/&validation_id=.*/, ''));
  await expectPlayed('missing-validation-id');
  await mock.validations.set('unconfirmed', { confirmed: false });
  await openCall(page, 'unconfirmed');
  await expectPlayed('unconfirmed-validation');
});

const EVENTS: Record<string, SituationId[]> = {
  happy: ['loading-event', 'initiated-event', 'completed-event'],
  'duplicate-completed': ['completed-twice'],
  'completed-lost': ['completed-lost'],
  'completed-late': ['completed-late'],
  'reordered-events': ['events-out-of-order'],
  'foreign-origin-event': ['foreign-message'],
  'malformed-event': ['malformed-message'],
  'agent-late': ['long-wait'],
  'agent-leaves-before-start': ['agent-returns'],
};
for (const [scenario, situations] of Object.entries(EVENTS)) {
  test(`the call plays ${scenario}`, async ({ page }) => {
    const mock = await openCall(page, `${scenario}~1`);
    await mock.clock.advance('6m');
    await expectPlayed(...situations);
  });
}

for (const [scenario, code] of [
  ['not-found', 'VideocallNotFound'],
  ['server-not-operational', 'VideocallServerNotOperational'],
] as const) {
  test(`the call ends with ${code}`, async ({ page }) => {
    await page.goto(`/?customer=${scenario}~1`);
    await expectStatus(page, code);
    await expectPlayed(`${scenario}-event`);
  });
}

test('the customer closes the frame and comes back', async ({ page }) => {
  for (const [customer, situation] of [
    ['manual~5', 'client-returns-to-waiting-room'],
    ['call-outlives-token~1', 'client-returns-to-call'],
  ] as const) {
    const mock = await openCall(page, customer);
    await mock.clock.advance('1m');
    if (situation === 'client-returns-to-call') await expectStatus(page, 'VideocallInitiated');
    const address = await changeFrame(page, () => 'about:blank');
    await mock.waitFor({ page: 'none' }, { validationId: customer, timeout: '30s' });
    await changeFrame(page, () => address);
    await mock.waitFor({ page: 'open' }, { validationId: customer, timeout: '30s' });
    await expectPlayed(situation);
  }
  const mock = await connectMock();
  await mock.clock.advance('3h');
  await expectStatus(page, 'VideocallCompleted');
  await expectPlayed('call-outlives-token');
});

test('two customers are called at once', async ({ page, context }) => {
  await openCall(page, 'manual~6');
  await openCall(await context.newPage(), 'manual~7');
  await expectPlayed('two-calls');
});

test('the client is one of production, and its address is blocked', async ({ page, request }) => {
  const mock = await connectMock();
  const become = (environment: string, addresses: string[]) =>
    request.patch(`${mock.adminUrl}/clients/${mock.clientId}`, {
      data: { environment, allowed_ips: addresses },
    });
  await become('production', ['127.0.0.1', '::1']);
  await openCall(page, 'manual~8');
  await become('production', []);
  await page.goto('/?customer=manual~8');
  await expectStatus(page, LATER);
  await become('sandbox', []);
  await expectPlayed('production-client', 'blocked-address');
});
