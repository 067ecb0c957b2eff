import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findSeriousViolations } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { useTerminal } from '../support/terminal.ts';
import { explainMissingTool } from '../support/tools.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const why = explainMissingTool('chromium');
/** File prefix of the screenshots to take; without it, the tests take none. */
// biome-ignore lint/style/noProcessEnv: the user sets it when running the tests
const PICTURES = process.env.REPORT_PICTURES;

describe.skipIf(why)(`a report in Chromium${why ? ` (${why})` : ''}`, () => {
  const { cwd } = useWorkingDirectory();
  const run = useTerminal(cwd);
  let d: Drive;
  let browser: Browser;
  beforeAll(async () => {
    [d, browser] = await Promise.all([openDrive({ scenario: 'manual' }), launchChromium()]);
    await createSampleCalls(d);
  });
  afterAll(async () => {
    await browser.close();
    await d.mock.close();
  });

  let address: string;
  beforeEach(async () => {
    expect(await run(['report', '--target', d.mock.url]).exited).toBe(0);
    address = String(pathToFileURL(path.join(cwd(), 'mock-veridas-report/report.html')));
  });

  /** Opens the report offline, and collects the browser's requests and errors. */
  async function openReport(width: number, colorScheme: 'light' | 'dark' = 'light') {
    const context = await browser.newContext({
      offline: true,
      viewport: { width, height: 900 },
      colorScheme,
    });
    const page = await context.newPage();
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(address);
    return { page, requests, errors, close: () => context.close() };
  }
  const call = (page: Page, name: string) =>
    page.locator('details.call', { has: page.getByRole('heading', { name }) });
  const openAll = (page: Page) =>
    page.locator('details').evaluateAll((all) => {
      for (const one of all) (one as HTMLDetailsElement).open = true;
    });

  it('opens from a file and sends no request', async () => {
    const { page, requests, errors, close } = await openReport(1280);
    expect([requests, errors]).toEqual([[address], []]);
    expect(await page.title()).toBe('mock-veridas report');
    expect(await page.locator('script').count()).toBe(0);
    await close();
  });

  it('shows a failed call at once, and a completed call after a click', async () => {
    const { page, close } = await openReport(1280);
    const labels = (name: string) => call(page, name).locator('svg text.label').allTextContents();
    const failed = call(page, 'val-failed');
    expect(await failed.locator('svg').isVisible()).toBe(true);
    expect(await failed.getByText('failed', { exact: true }).isVisible()).toBe(true);
    expect(await labels('val-failed')).toContain('✕ VideocallNotFound');
    await page.getByRole('link', { name: 'val-failed' }).click();
    expect(decodeURIComponent(new URL(page.url()).hash)).toContain('val-failed');

    const good = call(page, 'val good');
    expect(await good.locator('svg').isVisible()).toBe(false);
    await good.locator('summary').click();
    expect(await good.locator('svg').isVisible()).toBe(true);
    const expected = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];
    const events = (await labels('val good')).filter((text) => text.startsWith('Videocall'));
    expect(events).toEqual(expected);
    expect(await good.getByText('completed', { exact: true }).isVisible()).toBe(true);
    await close();
  });

  it('shows frames without a call, and the reason', async () => {
    const { page, close } = await openReport(1280);
    const table = page.getByRole('region', { name: 'Frames without a call' });
    expect(await table.getByRole('row').allTextContents()).toEqual([
      expect.stringMatching(/^Time/),
      expect.stringMatching(/403.*the URL has no access_token$/),
      expect.stringMatching(/200.*not-found~1VideocallNotFound: the scenario "not-found" fails immediately$/),
    ]);
    await close();
  });

  it('shows the findings first, and the journal after a click', async () => {
    const { page, close } = await openReport(1280);
    const headings = await page.getByRole('heading', { level: 2 }).allTextContents();
    expect(headings.map((text) => text.split(' ')[0])).toEqual([
      'Summary',
      'Findings',
      'Calls',
      'Coverage',
      'Requests',
    ]);
    const list = page.getByRole('region', { name: 'Findings' });
    expect(await list.getByText('POST /o/token · 2 times').isVisible()).toBe(true);
    const table = page.getByRole('region', { name: 'Requests' }).getByRole('table');
    expect(await table.isVisible()).toBe(false);
    await page.getByText('Journal, newest first').click();
    expect(await table.getByText('wrong client_secret').isVisible()).toBe(true);
    await close();
  });

  it('marks and opens a call whose end no page has posted', async () => {
    const { page, close } = await openReport(1280);
    const unheard = call(page, 'val-unheard');
    expect(await unheard.locator('svg').isVisible()).toBe(true);
    expect(await unheard.getByText('VideocallCompleted was never heard').isVisible()).toBe(true);
    expect(await call(page, 'val good').getByText('never heard').count()).toBe(0);
    expect(await page.getByText('End never heard: val-unheard').isVisible()).toBe(true);
    await close();
  });

  it('shows each mistake once, with everything that was seen of it', async () => {
    const { page, close } = await openReport(1280);
    const slash = page.getByRole('listitem').filter({ hasText: 'missing-trailing-slash' });
    expect(await slash.count()).toBe(1);
    for (const seen of ['POST /o/token', 'POST /o/revoke_token'])
      expect(await slash.getByText(`shop · ${seen}`).isVisible()).toBe(true);
    await close();
  });

  it('gives the labels of a diagram a background, and each cell on a phone its label', async () => {
    const { page, close } = await openReport(1280);
    const label = page.locator('svg text.label').first();
    expect(await label.evaluate((text) => getComputedStyle(text).paintOrder)).toMatch(/^stroke/);
    await page.setViewportSize({ width: 390, height: 844 });
    const cell = page.getByRole('region', { name: 'Frames without a call' }).locator('td').nth(1);
    expect(await cell.evaluate((td) => getComputedStyle(td, '::before').content)).toBe('"Request"');
    await close();
  });

  it('shows collapsed content in print', async () => {
    const { page, close } = await openReport(1280);
    await page.emulateMedia({ media: 'print' });
    expect(await call(page, 'val good').locator('svg').isVisible()).toBe(true);
    expect(await page.getByText('wrong client_secret').isVisible()).toBe(true);
    await close();
  });

  it.each([
    ['light', 1280, 'light'],
    ['dark', 1280, 'dark'],
    ['phone', 390, 'light'],
    ['dark phone', 390, 'dark'],
  ] as const)('has no serious accessibility violation in the view %s', async (name, width, scheme) => {
    const { page, errors, close } = await openReport(width, scheme);
    if (PICTURES) await page.screenshot({ path: `${PICTURES}-${name}-closed.png`, fullPage: true });
    expect(await findSeriousViolations(page)).toEqual([]);
    await openAll(page);
    if (PICTURES) await page.screenshot({ path: `${PICTURES}-${name}.png`, fullPage: true });
    expect(await findSeriousViolations(page)).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
    await close();
  });
});

/** Creates a completed call, a failed one, a waiting one and some mistakes. */
async function createSampleCalls(d: Drive): Promise<void> {
  const shop = await d.createClient({ client_id: 'shop' });
  const page = await openFakePage(d, await d.token(shop), 'val good');
  await page.waitForText('waiting-room');
  const steps = [
    ['join', 'VideocallLoading'],
    ['start', 'VideocallInitiated'],
    ['end', 'VideocallCompleted'],
  ] as const;
  for (const [index, [action, event]] of steps.entries()) {
    const acting = d.admin('POST', '/calls/val%20good/agent', { action, client_id: 'shop' });
    await page.waitForText(event);
    await page.report(index);
    await acting;
  }
  page.disconnect();

  await d.open(await d.token(shop), 'val-failed');
  await d.admin('POST', '/calls/val-failed/fail', { code: 'VideocallNotFound', client_id: 'shop' });
  await d.open(await d.token(shop), 'val-unheard');
  for (const action of ['join', 'end'])
    await d.admin('POST', '/calls/val-unheard/agent', { action, client_id: 'shop' });
  await d.open(await d.token(shop), 'val-waiting');
  await d.open(await d.token(shop), 'not-found~1');
  for (const path of ['/o/token', '/o/token', '/o/revoke_token'])
    await fetch(`${d.mock.url}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'shop' }),
    });
  await d.requestToken({ client_secret: 'wrong' });
  await fetch(`${d.mock.url}/call?validation_id=${'long'.repeat(40)}`);
}
