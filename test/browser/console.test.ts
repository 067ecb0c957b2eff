import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findSeriousViolations } from '../support/axe.ts';
import { useChromium } from '../support/chromium-page.ts';
import { type Credentials, createSharedStore, openDrive } from '../support/drive.ts';
import { waitForEvents } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

describe.skipIf(why)(`the console in Chromium${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();
  let page: Page;
  let client: Credentials;
  /** Uncaught errors in the page. */
  let pageErrors: string[];

  beforeEach(async () => {
    page = await stage.browser.newPage();
    pageErrors = [];
    page.on('pageerror', (error) => pageErrors.push(error.message));
    client = await stage.d.createClient({ scenario: 'manual' });
  });
  afterEach(async () => {
    await page.close();
    expect(pageErrors).toEqual([]);
  });

  /** Opens the console, filtered to the client of this test. */
  const openConsole = async (filter: Record<string, string> = {}) => {
    await page.goto(
      `${stage.d.mock.url}/__console#${new URLSearchParams({ client_id: client.client_id, ...filter })}`,
    );
    await page.getByText('Live', { exact: true }).waitFor();
  };
  /** Opens an integrator's page that waits for an agent. */
  const openWaitingPage = async (validationId: string) => {
    const query = new URLSearchParams({
      access_token: await stage.d.token(client),
      validation_id: validationId,
    });
    await stage.page.goto(stage.shop.getPageUrl(`${stage.d.mock.browserUrl}/call?${query}`));
  };
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const queue = () => page.getByRole('region', { name: 'Waiting room' });
  const clientPicker = () => page.locator('.controls select').first();
  const diagram = () => page.locator('.sequence text.label').allTextContents();
  const events = async () => (await diagram()).filter((text) => text.startsWith('Videocall'));

  it('lets a user act as the agent, and draws each event that the page receives', async () => {
    await openConsole();
    await openWaitingPage('val-1');
    await queue().getByRole('button', { name: 'Join val-1' }).click();
    await expect.poll(events).toEqual(['VideocallLoading']);
    await button('Start').click();
    await expect.poll(events).toEqual(['VideocallLoading', 'VideocallInitiated']);
    await button('End').click();
    const three = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];
    expect((await waitForEvents(stage.page, 3)).map(({ code }) => code)).toEqual(three);
    await expect.poll(events).toEqual(three);
    const drawn = await diagram();
    const place = (text: string) => drawn.findIndex((one) => one.startsWith(text));
    const expectedOrder = [
      'POST /o/token/',
      'access token',
      'GET /call',
      'page connected',
      'join',
      three[0] as string,
    ];
    expect(expectedOrder.map(place)).toEqual(expectedOrder.map(place).toSorted((a, b) => a - b));
    expect(drawn.at(-1)).toMatch(/^token .* completed$/);
    await page.getByRole('region', { name: 'Finished' }).getByText('val-1').waitFor();
    await expect.poll(() => queue().getByText('No one is waiting').isVisible()).toBe(true);
  });

  it('works with the keyboard alone', async () => {
    await openWaitingPage('val-1');
    await openConsole();
    await queue().getByRole('button', { name: 'Join val-1' }).focus();
    await page.keyboard.press('Enter');
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await expect.poll(focused).toMatch(/^val-1/);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const waitUntilEnabled = (name: string) =>
      expect.poll(() => button(name).getAttribute('aria-disabled')).toBe('false');
    await waitUntilEnabled('Start');
    await press('Tab', 'Tab', 'Enter');
    await waitUntilEnabled('Record');
    await press('Tab', 'Tab', 'Tab', 'Enter');
    expect((await waitForEvents(stage.page, 3)).map(({ code }) => code)).toContain('VideocallCompleted');
    expect(await focused()).toBe('End');
  });

  it('shows why an action is refused', async () => {
    const at = '9892-03-08T11:56:40.000Z';
    await stage.d.admin('POST', '/clock/freeze', { at, client_id: client.client_id });
    await openConsole();
    await button('+1h 1 hour forward').click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('not a representable date');
  });

  it('lists waiting calls before validations without a call, the longest wait first', async () => {
    const { client_id } = client;
    await stage.d.admin('PUT', '/validations/val-unopened', { confirmed: false, client_id });
    await stage.d.open(await stage.d.token(client), 'val-first');
    await stage.d.open(await stage.d.token(client), 'val-second');
    await openConsole();
    await expect
      .poll(() => queue().locator('li b').allTextContents())
      .toEqual(['val-first', 'val-second', 'val-unopened']);
    await button('Confirm val-unopened').click();
    await expect
      .poll(async () => (await stage.d.admin('GET', `/validations?client_id=${client_id}`)).json.items[0])
      .toMatchObject({ validation_id: 'val-unopened', confirmed: true });
  });

  it('advances, freezes and resumes the clock of the client', async () => {
    await openConsole();
    const clock = async () => (await stage.d.admin('GET', `/clock?client_id=${client.client_id}`)).json;
    await button('+1h 1 hour forward').click();
    await expect.poll(async () => (await clock()).offsetMs).toBeGreaterThan(3_599_000);
    await button('Freeze the clock').click();
    await page.getByText('Clock frozen', { exact: true }).waitFor();
    expect((await clock()).frozen).toBe(true);
    await button('Resume the clock').click();
    await button('Freeze the clock').waitFor();
  });

  it('shows the remaining lifetime of a token by the clock of its client', async () => {
    await stage.d.token(client);
    await openConsole();
    await stage.d.admin('POST', '/clock/freeze', { client_id: client.client_id });
    await stage.d.admin('POST', '/clock/advance', { by: '20m', client_id: client.client_id });
    const row = page.getByRole('region', { name: 'Access tokens' }).locator('tbody tr');
    await expect.poll(() => row.textContent()).toMatch(/active(39 min \d+ s|40 min)/);
    await stage.d.admin('POST', '/clock/advance', { by: '40m', client_id: client.client_id });
    await expect.poll(() => row.textContent()).toContain('expired');
  });

  it('shows the tokens of several clients, each by the clock of its client', async () => {
    const other = await stage.d.createClient();
    await stage.d.admin('POST', '/clock/freeze', { client_id: client.client_id });
    for (const one of [client, other]) await stage.d.token(one);
    await stage.d.admin('POST', '/clock/advance', { by: '50m', client_id: client.client_id });
    await page.goto(`${stage.d.mock.url}/__console`);
    const row = ({ client_id }: Credentials) =>
      page.getByRole('region', { name: 'Access tokens' }).locator('tbody tr', { hasText: client_id });
    await expect.poll(() => row(client).textContent()).toContain('active10 min');
    expect(await row(other).textContent()).toContain('active59 min');
    await stage.d.admin('POST', '/clock/resume', { client_id: client.client_id });
    await expect.poll(() => row(client).textContent()).toContain('active9 min');
  });

  it('sets the scenario of new calls', async () => {
    await openConsole();
    await page.getByLabel('Scenario of new calls').selectOption('agent-late');
    await expect
      .poll(async () => (await stage.d.admin('GET', `/clients/${client.client_id}`)).json.scenario)
      .toBe('agent-late');
  });

  it('asks for a client before it sets the scenario of new calls', async () => {
    await page.goto(`${stage.d.mock.url}/__console`);
    const picker = page.getByLabel('Scenario of new calls');
    await expect.poll(() => picker.locator('option').allTextContents()).toEqual(['Choose a client first']);
    await clientPicker().selectOption(client.client_id);
    await expect.poll(() => picker.inputValue()).toBe('manual');
  });

  it('fails a call with the selected event', async () => {
    await openWaitingPage('val-1');
    await openConsole();
    await page.getByLabel('Fail the call').selectOption('VideocallServerNotOperational');
    expect((await waitForEvents(stage.page, 1))[0]?.code).toBe('VideocallServerNotOperational');
    await page.getByRole('heading', { name: 'val-1 failed' }).waitFor();
  });

  it('shows clients who left last, and one primary button', async () => {
    await stage.d.open(await stage.d.token(client), 'val-left');
    await openWaitingPage('val-here');
    await openConsole();
    await expect.poll(() => queue().locator('li b').allTextContents()).toEqual(['val-here', 'val-left']);
    await expect.poll(() => queue().locator('li.left b').allTextContents()).toEqual(['val-left']);
    await expect.poll(() => page.locator('button.primary').allTextContents()).toEqual(['Join']);
  });

  it('sends the signal that the script waits for', async () => {
    await stage.d.admin('PUT', '/scenarios/needs-papers', {
      steps: [{ wait_for: 'papers-checked' }, { after: '0s', agent: 'join' }],
      client_id: client.client_id,
    });
    await stage.d.admin('PATCH', `/clients/${client.client_id}`, { scenario: 'needs-papers' });
    await openWaitingPage('val-1');
    await openConsole();
    await button('Send signal papers-checked').click();
    expect((await waitForEvents(stage.page, 1))[0]?.code).toBe('VideocallLoading');
    await expect.poll(() => button('Send signal papers-checked').count()).toBe(0);
  });

  it('posts an event of the guide without another change', async () => {
    await openWaitingPage('val-1');
    await openConsole();
    await page.getByLabel('Post an event').selectOption('VideocallInitiated');
    expect((await waitForEvents(stage.page, 1))[0]?.code).toBe('VideocallInitiated');
    await page.getByRole('heading', { name: 'val-1 waiting' }).waitFor();
  });

  it('arms and removes a fault of the client', async () => {
    await openConsole();
    await page.locator('select[name="what"]').selectOption('503');
    await button('Arm the fault').click();
    const row = page.getByRole('region', { name: 'Armed faults' }).locator('tbody tr');
    await expect.poll(() => row.textContent()).toContain('0 of 1');
    expect((await stage.d.requestToken({ ...client })).status).toBe(503);
    await expect.poll(() => row.textContent()).toContain('1 of 1');
    await button('Remove the fault of token').click();
    await expect.poll(() => row.count()).toBe(0);
  });

  it('shows what was not played, and sets up the next call or token request of the client', async () => {
    const row = (title: string) =>
      page.getByRole('region', { name: 'Situations not played yet' }).getByRole('row', { name: title });
    const play = (title: string) => row(title).getByRole('button', { name: 'Play it' }).click();
    await openConsole();
    await page.getByText('0 of 31', { exact: true }).waitFor();
    await page.getByText('not that it has reacted well').waitFor();
    await play('Token endpoint unavailable');
    await row('Token endpoint unavailable').getByText('Set up for the next token request').waitFor();
    const { client_id, client_secret } = client;
    const before = (await stage.d.admin('GET', `/clients/${client_id}`)).json;
    const request = () => stage.d.requestToken({ client_id, client_secret });
    await expect.poll(async () => (await request()).status).toBe(503);
    await expect.poll(() => row('Token endpoint unavailable').count()).toBe(0);

    const byKeyboard = row('VideocallServerNotOperational').getByRole('button', { name: 'Play it' });
    await byKeyboard.press('Enter');
    await row('VideocallServerNotOperational').getByText('Set up for the next call').waitFor();
    expect(await byKeyboard.evaluate((one) => one === document.activeElement)).toBe(true);
    expect(await byKeyboard.getAttribute('aria-disabled')).toBe('true');
    await openWaitingPage('val-1');
    await expect.poll(() => row('VideocallServerNotOperational').count()).toBe(0);
    const known = (await stage.d.admin('GET', `/clients/${client_id}`)).json;
    expect([known.scenario, known.next_scenario]).toEqual([before.scenario, null]);
    for (const title of ['Expired token at /call', 'Token request from a blocked address'])
      expect(await row(title).innerText()).toContain('by hand');
    expect(await findSeriousViolations(page)).toEqual([]);
  });

  it('resets the selected client in two clicks', async () => {
    await stage.d.open(await stage.d.token(client), 'val-1');
    await openConsole();
    const reset = page.getByRole('button', { name: `Reset ${client.client_id}` });
    expect(await reset.isVisible()).toBe(false);
    await page.getByText('Reset…').click();
    await reset.click();
    await queue().getByText('No one is waiting').waitFor();
  });

  it('downloads the report', async () => {
    await stage.d.open(await stage.d.token(client), 'val-reported');
    await openConsole();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the report' }).click();
    const download = await saving;
    expect(download.suggestedFilename()).toBe('mock-veridas-report.html');
    const stream = await download.createReadStream();
    expect(await text(stream)).toContain('val-reported');
  });

  it('says whose clock it shows', async () => {
    await openConsole();
    await page.getByText(`Clock of ${client.client_id}`, { exact: true }).waitFor();
    await page.goto(`${stage.d.mock.url}/__console`);
    await page.getByText('Common clock', { exact: true }).waitFor();
  });

  it('opens a journal row with headers, fields, reason and fix', async () => {
    await stage.d.requestToken({ ...client, client_secret: 'wrong' });
    await openConsole();
    const row = page.getByRole('region', { name: 'Requests' }).locator('tbody tr');
    await row.locator('summary').click();
    expect(await row.textContent()).toContain('wrong client_secret');
    const shown = await row.locator('dl').textContent();
    for (const part of ['How to fix', 'Form', 'grant_type: client_credentials', 'content-type: '])
      expect(shown).toContain(part);
  });

  it('saves a played call as a scenario that plays the same', async () => {
    await openWaitingPage('val-1');
    await openConsole();
    await button('Join').click();
    await stage.d.admin('POST', '/clock/advance', { by: '90s', client_id: client.client_id });
    await expect.poll(() => button('Start').getAttribute('aria-disabled')).toBe('false');
    await button('Start').click();
    await expect.poll(() => button('End').getAttribute('aria-disabled')).toBe('false');
    await page.getByLabel('Post an event').selectOption('VideocallLoading');
    await expect.poll(() => events().then((all) => all.length)).toBe(3);
    await button('End').click();
    await page.getByRole('heading', { name: 'val-1 ended' }).waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save as scenario' }).click();
    const download = await saving;
    expect(download.suggestedFilename()).toBe('played-val-1.yaml');
    const written = decodeURIComponent(download.url().replace(/^[^,]*,/, ''));
    const scenario = parse(written);
    expect(scenario.steps.map(({ after: _, ...step }: { after: string }) => step)).toEqual([
      { agent: 'join' },
      { agent: 'start' },
      { post: expect.objectContaining({ code: 'VideocallLoading' }) },
      { agent: 'end' },
    ]);
    expect(Number.parseInt(scenario.steps[1].after, 10)).toBeGreaterThanOrEqual(90);
    const body = { ...scenario, client_id: client.client_id };
    expect((await stage.d.admin('PUT', `/scenarios/${scenario.name}`, body)).status).toBe(200);
  });

  it('opens the call that its address names, and says how long ago it failed', async () => {
    const { client_id } = client;
    for (const id of ['val-1', 'val-2']) await stage.d.open(await stage.d.token(client), id);
    await stage.d.admin('POST', '/calls/val-1/fail', { code: 'VideocallNotFound', client_id });
    await stage.d.admin('POST', '/clock/advance', { by: '1h', client_id });
    await openConsole({ validation_id: 'val-1' });
    await page.getByRole('heading', { name: 'val-1 failed' }).waitFor();
    await page
      .getByRole('region', { name: 'Finished' })
      .getByText(/· 1 h( \d+ \w+)? ago$/)
      .waitFor();
  });

  it('shows findings above the diagram on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await stage.d.open(await stage.d.token(client), 'val-1');
    await openConsole();
    const findings = await page.getByRole('region', { name: /^Findings/ }).boundingBox();
    const call = await page.getByRole('region', { name: /^val-1/ }).boundingBox();
    expect((findings?.y ?? 0) + (findings?.height ?? 0)).toBeLessThanOrEqual(call?.y ?? 0);
  });

  it('shows each cell of a table with its label on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await stage.d.token(client);
    await openConsole();
    const cell = page.getByRole('region', { name: 'Access tokens' }).locator('td').first();
    await cell.waitFor();
    expect(await cell.evaluate((td) => getComputedStyle(td, '::before').content)).toBe('"Token"');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('shows findings beside the diagram on a desktop', async () => {
    await stage.d.open(await stage.d.token(client), 'val-1');
    await openConsole();
    const findings = await page.getByRole('region', { name: /^Findings/ }).boundingBox();
    const sequence = await page.locator('.sequence').boundingBox();
    expect((findings?.x ?? 0) + (findings?.width ?? 0)).toBeLessThanOrEqual(sequence?.x ?? 0);
  });

  it('filters the journal by refusal and by text', async () => {
    await stage.d.requestToken({ ...client });
    await stage.d.requestToken({ ...client, grant_type: 'nonsense' });
    await openConsole();
    const rows = page.getByRole('region', { name: 'Requests' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByLabel('Refused only').check();
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByLabel('Refused only').uncheck();
    await page.getByLabel('Search').fill('GRANT');
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByLabel('Search').fill('nowhere');
    await expect.poll(() => page.getByText('0 requests').isVisible()).toBe(true);
  });

  it('adds no history entry for the letters of a search', async () => {
    await openConsole();
    const search = page.getByLabel('Search');
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/stream')) streams.push(request.url());
    });
    const before = await page.evaluate(() => history.length);
    await search.pressSequentially('no such thing at all');
    await expect.poll(() => page.url()).toContain('text=no+such+thing+at+all');
    expect(await search.inputValue()).toBe('no such thing at all');
    expect(await page.evaluate(() => history.length)).toBe(before);
    expect(streams.length).toBeLessThan(10);
  });

  it.each(['n=nought', 'refused=maybe', `text=${'x'.repeat(300)}`, 'n=0&validation_id=val-1', 'colour=red'])(
    'keeps the valid part of an address with an invalid parameter: %s',
    async (slip) => {
      await page.goto(`${stage.d.mock.url}/__console#client_id=${client.client_id}&${slip}`);
      await page.getByText('Live', { exact: true }).waitFor();
      await expect.poll(() => clientPicker().inputValue()).toBe(client.client_id);
    },
  );

  it('marks a deleted client as removed', async () => {
    await openConsole();
    await stage.d.admin('DELETE', `/clients/${client.client_id}`);
    const chosen = clientPicker().locator('option:checked');
    await expect.poll(() => chosen.textContent()).toBe(`${client.client_id} (removed)`);
  });

  it('shows findings and how to fix them', async () => {
    await stage.d.open(await stage.d.token(client), '');
    await openConsole();
    const findings = page.getByRole('region', { name: /^Findings/ });
    await findings.getByText('the URL of the frame has no validation_id').waitFor();
    await findings.getByText('How to fix:').first().waitFor();
  });

  it('reconnects after a restart of the simulator and shows that it is live again', async () => {
    const options = { ...createSharedStore(), scenario: 'manual' };
    const before = await openDrive(options);
    await before.open(await before.token(), 'val-kept');
    await page.goto(`${before.mock.url}/__console`);
    await queue().locator('b', { hasText: 'val-kept' }).waitFor();
    await before.mock.close();
    await page.getByText('The simulator is disconnected').waitFor();
    const after = await openDrive({ ...options, port: Number(new URL(before.mock.url).port) });
    try {
      await page.getByText('live again').waitFor();
      await after.open(await after.token(), 'val-new');
      await queue().locator('b', { hasText: 'val-new' }).waitFor();
    } finally {
      await after.mock.close();
    }
  });

  it('closes its stream while its tab is hidden and reopens it when the tab is visible', async () => {
    await openConsole();
    const show = (state: 'hidden' | 'visible') =>
      page.evaluate((now) => {
        Object.defineProperty(document, 'hidden', { value: now === 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    const left = page.waitForEvent('requestfailed', (request) => request.url().includes('/stream'));
    await show('hidden');
    await left;
    await stage.d.open(await stage.d.token(client), 'val-meanwhile');
    await show('visible');
    await queue().locator('b', { hasText: 'val-meanwhile' }).waitFor();
  });

  it('shows the result of an action on the visible part of a scrolled phone screen', async () => {
    await page.setViewportSize({ width: 320, height: 568 });
    for (let i = 0; i < 8; i += 1) await stage.d.open(await stage.d.token(client), `val-${i}`);
    await openConsole();
    await button('Join').click();
    const notice = page.locator('.notice');
    await notice.getByText('No page of this call is open').waitFor();
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(0);
    const { y = -1 } = (await notice.boundingBox()) ?? {};
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThan(568);
  });

  it('renders hostile text as text', async () => {
    const hostile = '<img src=x onerror="document.title=1">"\'&{{7*7}}\u202e\u0000';
    await stage.d.open(await stage.d.token(client), hostile);
    await stage.d.admin('PUT', `/validations/${encodeURIComponent(`${hostile}2`)}`, {
      confirmed: false,
      client_id: client.client_id,
    });
    await stage.d.admin('POST', `/calls/${encodeURIComponent(hostile)}/events`, {
      type: 'info',
      code: hostile,
      message: hostile,
      client_id: client.client_id,
    });
    await fetch(`${stage.d.mock.url}/call?access_token=x&validation_id=${encodeURIComponent(hostile)}`);
    await openConsole();
    await queue().getByText('<img src=x').first().waitFor();
    await expect.poll(async () => (await diagram()).some((text) => text.includes('<img src=x'))).toBe(true);
    expect(await page.title()).toBe('mock-veridas console');
    expect(await page.locator('img').count()).toBe(0);
  });

  it('stays usable with ten thousand requests and two thousand calls', async () => {
    const { mock, ...d } = await openDrive({ scenario: 'manual' });
    try {
      const one = await d.createClient();
      const open = async (i: number) => d.open(await d.token(one), `val-${i}`);
      for (let done = 0; done < 2_000; done += 50)
        await Promise.all(Array.from({ length: 50 }, (_, i) => open(done + i)));
      for (let done = 0; done < 6_000; done += 100)
        await Promise.all(Array.from({ length: 100 }, () => d.requestToken({ client_id: 'unknown' })));
      await page.goto(`${mock.url}/__console`);
      await queue().getByText('and 1,950 more').waitFor();
      await page.getByText('10,000 requests').waitFor();
      await page.getByLabel('Search').fill('val-1234');
      await page.getByText('1 requests', { exact: true }).waitFor();
      await queue().getByRole('button', { name: 'Join val-0' }).click();
      await page.getByRole('heading', { name: 'val-0 connecting' }).waitFor();
    } finally {
      await mock.close();
    }
  });

  it.each(['light', 'dark'] as const)(
    'has no serious accessibility violation in the %s colour scheme',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await openConsole();
      expect(await findSeriousViolations(page)).toEqual([]);
      await openWaitingPage('val-1');
      await fetch(`${stage.d.mock.url}/call?access_token=x&validation_id=val-1`);
      await stage.d.open(await stage.d.token(client), '');
      await page.getByText('the URL of the frame has no validation_id').waitFor();
      await queue().getByRole('button', { name: 'Join val-1' }).click();
      await expect.poll(events).toEqual(['VideocallLoading']);
      expect(await findSeriousViolations(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await findSeriousViolations(page)).toEqual([]);
    },
  );
});
