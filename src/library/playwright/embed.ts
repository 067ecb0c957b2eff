import type { ConsoleMessage, FrameLocator, Locator, Page, Request } from '@playwright/test';
import { clearTimeout, setTimeout } from '../../system/timers.ts';
import type { Call, CallHandle } from '../call.ts';
import { ignoreNotFound, MockError } from '../error.ts';
import type { JournalEntry } from '../journal.ts';
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
   * Gets a token, opens its call in `page`, and listens as the guide does. Resolves when the frame is ready.
   *
   * @throws {MockError} of code `forbidden` when the frame is refused, or of code `timeout` when it is not ready within five
   * seconds; the message says what has happened
   */
  embed(page: Page, options?: EmbedOptions): Promise<Embedded>;
  /** Listens in a page that embeds the call itself; call it before that. */
  listen(page: Page): Promise<Listening>;
}

const FRAME_SELECTOR = '#videocall-iframe';
const READY_TIMEOUT_MS = 5_000;
/** How often to look for an end of the call that came before its page was seen open. */
const RECHECK_MS = 200;

/** A frame that is being loaded. */
interface LoadingFrame {
  readonly client: MockClient;
  readonly call: CallHandle;
  readonly iframe: Locator;
  /** The last request before it. */
  readonly after: number;
  /** What the browser says about it, if anything. */
  getFailure(): string | undefined;
}

const ignoreTimeout = (error: unknown): undefined => {
  if (!(error instanceof MockError && error.code === 'timeout')) throw error;
};

async function createUnaskedError({ iframe, getFailure }: LoadingFrame): Promise<MockError> {
  const failure = getFailure();
  const isLazy = (await iframe.getAttribute('loading').catch(() => null)) === 'lazy';
  const hint = failure?.includes('LOCAL_NETWORK_ACCESS')
    ? "a page of a public address, or one that page.route fulfils, needs context.grantPermissions(['local-network-access'])"
    : isLazy
      ? 'its iframe has loading="lazy" and may be out of view: scroll to it, or leave the attribute out'
      : 'look for frame-src, child-src or default-src in the Content-Security-Policy of the page, and for an http frame in an https page';
  return createTimeoutError('the page has not asked for the frame', failure, hint);
}

/** @param failure what the browser says about it, if anything */
const createTimeoutError = (what: string, failure: string | undefined, hint: string): MockError =>
  new MockError('timeout', `${what} within ${READY_TIMEOUT_MS}ms`, {
    hint: failure === undefined ? hint : `the browser says: ${failure}; ${hint}`,
  });

function createRefusedError({ status, reason, faultId }: JournalEntry): MockError {
  const answer = status === null ? 'got no answer' : `was answered with ${status}`;
  const why = reason ?? (faultId === null ? undefined : `the fault ${faultId} was injected`);
  return new MockError('forbidden', `the frame was refused: GET /call ${answer}`, {
    ...(why !== undefined && { hint: why }),
  });
}

function createSilentError({ pages }: Call, failure: string | undefined): MockError {
  const [what, hint] =
    pages.at(-1)?.diagnostics == null
      ? [
          'its script has not run',
          'look for a sandbox without allow-scripts, and for a page with a Cross-Origin-Embedder-Policy',
        ]
      : [
          'its script has run, but got no events',
          'let GET /call/events through: a route of the test answers it',
        ];
  return createTimeoutError(`the frame was served, and ${what}`, failure, hint);
}

/** Resolves when the frame has checked in, or when there is nothing to check in to: it shows an error. */
async function waitUntilReady(frame: LoadingFrame): Promise<void> {
  const { client, call, after } = frame;
  const where = { validationId: call.validationId };
  let isLate = false;
  // Not a date: a test may have replaced the clock.
  const timer = setTimeout(() => {
    isLate = true;
  }, READY_TIMEOUT_MS);
  try {
    const request = await client
      .waitFor({ request: { method: 'GET', path: '/call' } }, { ...where, after, timeout: READY_TIMEOUT_MS })
      .catch(ignoreTimeout);
    if (request === undefined) throw await createUnaskedError(frame);
    if (request.status !== 200) throw createRefusedError(request);
    for (;;) {
      const found = await call.get().catch(ignoreNotFound);
      if (found === undefined || found.page === 'open' || found.state === 'ended' || found.state === 'error')
        return;
      if (isLate) throw createSilentError(found, frame.getFailure());
      await client.waitFor({ page: 'open' }, { ...where, timeout: RECHECK_MS }).catch(ignoreTimeout);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Remembers what the browser says about a frame of this address, from now on. */
function watchFailures(page: Page, url: string) {
  const { origin } = new URL(url);
  let failure: string | undefined;
  const noteRequest = (request: Request) => {
    if (request.url() === url) failure = request.failure()?.errorText;
  };
  // A frame that a policy of the page blocks is no request.
  const noteMessage = (message: ConsoleMessage) => {
    const text = message.text().replace(/\?\S*/, '');
    if (message.type() === 'error' && text.includes(origin)) failure ??= text.trim();
  };
  page.on('requestfailed', noteRequest).on('console', noteMessage);
  const stop = () => page.off('requestfailed', noteRequest).off('console', noteMessage);
  return { getFailure: () => failure, stop };
}

/**
 * The client of a test, for its pages.
 *
 * @param parent returns the address of a page with the guide's iframe
 * @param describeCalls says what the client's calls wait for
 */
export function createVideocall(
  client: MockClient,
  parent: () => Promise<string>,
  describeCalls: () => Promise<string>,
): Videocall {
  let calls = 0;
  const listen = (page: Page) => listenTo(page, describeCalls);
  return {
    ...client,
    listen,
    async embed(page, { validationId, scenario, selector } = {}) {
      calls += 1;
      const call = client.call(validationId ?? `validation-${calls}`);
      if (scenario !== undefined) await client.validations.set(call.validationId, { scenario });
      const token = await client.token();
      const listening = await listen(page);
      const after = (await client.journal.list()).at(-1)?.id ?? 0;
      if (selector === undefined) await page.goto(await parent());
      const iframe = page.locator(selector ?? FRAME_SELECTOR);
      const src = call.src(token);
      const { getFailure, stop } = watchFailures(page, src);
      try {
        await iframe.evaluate((element, address) => element.setAttribute('src', address), src);
        await waitUntilReady({ client, call, iframe, after, getFailure });
      } finally {
        stop();
      }
      return { ...call, ...listening, token, frame: iframe.contentFrame() };
    },
  };
}
