/**
 * Plays a call in Chromium where this process runs: in the network of the engine, or in a container. The shop embeds the
 * frame and listens as the guide does. Prints the codes that it accepts and the origins of all messages.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { launchChromium } from '../support/chromium.ts';
import { driveAt } from '../support/drive.ts';
import { openShop, waitForEvents } from '../support/shop.ts';

/** What to play. */
export interface Play {
  /** The address for this process. */
  readonly url: string;
  /** The address for browsers. */
  readonly browserUrl: string;
  readonly password: string;
  /** By default the agent acts by hand. */
  readonly scenario?: string;
  /** A command that runs after the first event. Needs the default scenario. */
  readonly interruption?: readonly [string, ...string[]];
}

/** What the shop got. */
export interface Played {
  readonly accepted: readonly string[];
  readonly origins: readonly string[];
}

const ACTIONS = ['join', 'start', 'end'];
const RETRY_MS = 200;
const EVENTS_TIMEOUT_MS = 300_000;

const {
  url,
  browserUrl,
  password,
  scenario = 'manual',
  interruption,
}: Play = JSON.parse(process.argv[2] ?? '');
const drive = driveAt({ url, adminUrl: `${url}/__admin` }, `Basic ${btoa(`admin:${password}`)}`);
const shop = await openShop();
const browser = await launchChromium();
const page = await browser.newPage();
page.setDefaultTimeout(EVENTS_TIMEOUT_MS);

/** Acts as the agent. After a failure of an instance or a store the action is repeated, and may have been done. */
async function act(action: string): Promise<void> {
  const attempt = () =>
    drive.admin('POST', `/calls/${id}/agent`, { action }).then(
      ({ status }) => status,
      () => 0,
    );
  while (![200, 409].includes(await attempt())) await setTimeout(RETRY_MS);
}

const id = `${scenario}~${Date.now()}`;
const query = new URLSearchParams({ access_token: await drive.token(), validation_id: id });
await page.goto(shop.getPageUrl(`${browserUrl}/call?${query}`));
if (scenario === 'manual')
  for (const [index, action] of ACTIONS.entries()) {
    await act(action);
    await waitForEvents(page, index + 1);
    if (index === 0 && interruption !== undefined) spawnSync(interruption[0], interruption.slice(1));
  }
const events = await waitForEvents(page, ACTIONS.length);
const origins = await page.evaluate<string[]>('everything.map(({ origin }) => origin)');
const played: Played = { accepted: events.map(({ code }) => String(code)), origins };
console.log(JSON.stringify(played));
await browser.close();
await shop.close();
