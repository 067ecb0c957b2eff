import type { FrameLocator, Page } from '@playwright/test';
import { pause } from '../../system/timers.ts';
import type { CallHandle } from '../call.ts';
import { ignoreNotFound } from '../error.ts';
import type { MockClient } from '../mock.ts';
import { type Listening, listenTo } from './listening.ts';

/** How to embed a call. Every option may be left out. */
export interface EmbedOptions {
  /** By default a different one for each call of a test. */
  readonly validationId?: string;
  /** The scenario of the call, for example `manual`; by default the client's. */
  readonly scenario?: string;
  /** The iframe in the open page; by default a page with the guide's iframe (5.3) is opened. */
  readonly selector?: string;
}

/** A call in a page: act as the agent, and observe what the page receives. */
export interface Embedded extends CallHandle, Listening {
  /** The token it was opened with. */
  readonly token: string;
  /** The content of the iframe; `data-state` of its `body` is the screen. */
  readonly frame: FrameLocator;
}

/** A client, and its calls in pages. */
export interface Videocall extends MockClient {
  /**
   * Gets a token, opens its call in `page`, and listens as the guide does. Resolves when the frame is ready, or after five
   * seconds.
   */
  embed(page: Page, options?: EmbedOptions): Promise<Embedded>;
  /** Listens in a page that embeds the call itself; call it before that. */
  listen(page: Page): Promise<Listening>;
}

const FRAME_SELECTOR = '#videocall-iframe';
const READY_TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 20;

/** Whether the frame requested after the request `after` is ready: it has checked in, or never will. */
async function isFrameReady(client: MockClient, call: CallHandle, after: number): Promise<boolean> {
  const { validationId } = call;
  if ((await client.journal.count({ path: '/call', validationId, after })) === 0) return false;
  const found = await call.get().catch(ignoreNotFound);
  return found === undefined || found.page === 'open' || found.possibleActions.length === 0;
}

/**
 * The client of a test, for its pages.
 *
 * @param parent returns the address of a page with the guide's iframe
 */
export function createVideocall(client: MockClient, parent: () => Promise<string>): Videocall {
  let calls = 0;
  return {
    ...client,
    listen: listenTo,
    async embed(page, { validationId, scenario, selector } = {}) {
      calls += 1;
      const call = client.call(validationId ?? `validation-${calls}`);
      if (scenario !== undefined) await client.validations.set(call.validationId, { scenario });
      const token = await client.token();
      const listening = await listenTo(page);
      const after = (await client.journal.list()).at(-1)?.id ?? 0;
      if (selector === undefined) await page.goto(await parent());
      const iframe = page.locator(selector ?? FRAME_SELECTOR);
      await iframe.evaluate((element, src) => element.setAttribute('src', src), call.src(token));
      for (
        let waited = 0;
        waited < READY_TIMEOUT_MS && !(await isFrameReady(client, call, after));
        waited += POLL_INTERVAL_MS
      )
        await pause(POLL_INTERVAL_MS);
      return { ...call, ...listening, token, frame: iframe.contentFrame() };
    },
  };
}
