/** `npm run pictures`: takes the pictures of README and docs from a running simulator. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { createReport, writeReport } from '../../src/cli/report/command.ts';
import {
  type Clock,
  type Duration,
  type MockClient,
  type StartedMock,
  startMock,
} from '../../src/library/index.ts';
import { launchChromium } from '../../test/support/chromium.ts';
import { type EmbedStyle, openShop } from '../../test/support/shop.ts';
import { findTool } from '../../test/support/tools.ts';

const WIDTH = 1200;
const MARGIN = 10;
/** What a page may weigh. */
const MAX_BYTES = 150_000;

const mock = await startMock({ port: 4010, logLevel: 'error' });
const shop = await openShop();
// Without a camera, whose test picture would be shown.
const browser = await launchChromium({ camera: false, executablePath: findTool('chromium') });
// The same wherever they are taken.
const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', colorScheme: 'light' });

async function opened(height: number): Promise<Page> {
  const page = await context.newPage();
  await page.setViewportSize({ width: WIDTH, height });
  return page;
}

/** Takes a picture of the page from its top to the end of `last`. */
async function take(page: Page, name: string, last: Locator): Promise<void> {
  const file = path.join(import.meta.dirname, `${name}.png`);
  const { y, height } = (await last.boundingBox()) ?? { y: 0, height: 0 };
  const clip = { x: 0, y: 0, width: WIDTH, height: y + height + MARGIN };
  await page.screenshot({ path: file, clip, fullPage: true, animations: 'disabled' });
  const { size } = statSync(file);
  console.log(`${file}: ${size} bytes`);
  if (size > MAX_BYTES) throw new Error(`${file} is larger than ${MAX_BYTES} bytes`);
}

/** Opens a call in a page of its own, and waits until that has checked in. */
async function embedded(client: MockClient, validationId: string, habit?: EmbedStyle): Promise<void> {
  const page = await opened(700);
  const call = client.call(validationId);
  await page.goto(shop.getPageUrl(call.src(await client.token()), habit));
  await client.waitFor({ page: 'open' }, { validationId });
  await page.frameLocator('iframe').locator('body[data-state="waiting-room"]').waitFor();
}

/** Lets so much time pass before each of these is done. */
async function inTurn(clock: Clock, ...acts: readonly (readonly [Duration, () => Promise<unknown>])[]) {
  for (const [after, act] of acts) {
    await clock.advance(after);
    await act();
  }
}

/** A client with an ended, a failed and a running call, and two mistakes. */
async function happen({ url }: StartedMock): Promise<MockClient> {
  const client = await mock.client({ clientId: 'example-bank', scenario: 'manual' });
  const { clock } = client;
  await clock.freeze('2030-05-06T09:30:00Z');
  const credentials = { client_id: client.clientId, client_secret: client.clientSecret };
  const ask = (path: string) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ grant_type: 'client_credentials', ...credentials }),
    });
  await ask('/o/token');
  await fetch(`${url}/o/token/`, {
    method: 'POST',
    body: new URLSearchParams({ ...credentials, client_secret: 'old', grant_type: 'client_credentials' }),
  });
  await embedded(client, 'customer-17', 'nothing');
  const over = client.call('customer-17');
  await inTurn(clock, ['9s', over.join], ['4s', over.start], ['151s', over.end]);
  await clock.advance('40s');
  await embedded(client, 'customer-23');
  await clock.advance('5s');
  await client.call('customer-23').fail('VideocallNotFound');
  await clock.advance('70s');
  const call = client.call('customer-42');
  await embedded(client, 'customer-42');
  await inTurn(clock, ['12s', call.join], ['5s', call.start], ['38s', call.record]);
  return client;
}

const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-pictures-'));
try {
  const client = await happen(mock);

  const about = new URLSearchParams({ client_id: client.clientId, validation_id: 'customer-42' });
  const page = await opened(1000);
  await page.goto(`${mock.consoleUrl}#${about}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.locator('.sequence text.label').first().waitFor();
  // It is on the heading, for those who read by ear.
  await page.evaluate('document.activeElement.blur()');
  await take(page, 'console', page.locator('.call-panel'));

  const printLine = () => {};
  writeReport(await createReport(mock.url, { user: '' }), { flag: '--out', folder, cwd: folder, printLine });
  const report = await opened(1000);
  await report.goto(String(pathToFileURL(path.join(folder, 'report.html'))));
  await take(report, 'report', report.locator('details.call').nth(1));

  const demo = await opened(860);
  await demo.goto(mock.demoUrl);
  await demo.getByLabel('Scenario').selectOption('happy');
  await demo.getByRole('button', { name: 'Start the call' }).click();
  await demo.frameLocator('#videocall-iframe').locator('body[data-state="in-call"]').waitFor();
  await take(demo, 'page', demo.locator('.stage'));
} finally {
  await browser.close();
  await shop.close();
  await mock.close();
  rmSync(folder, { recursive: true });
}
