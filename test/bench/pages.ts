import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseSetup } from '../support/fake-page.ts';
import { simulator } from './served.ts';

const TOKENS_PER_SECOND = 500;
const ACTIONS = 400;
const IDLE_MS = 10_000;
const FORM = 'grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret';

const kept = new Agent({ keepAlive: true, maxSockets: 32 });
/** Without a limit: an agent action waits for the report of its page and must not block other requests. */
const open = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

interface Asking {
  readonly method?: string;
  readonly type?: string;
  readonly body?: string;
  readonly agent?: Agent;
}

const ask = (
  url: string,
  { method = 'GET', type = 'application/json', body, agent = kept }: Asking = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': type };
    const sent = request(url, { agent, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text)).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });

const askForToken = (url: string) =>
  ask(`${url}/o/token/`, { method: 'POST', type: 'application/x-www-form-urlencoded', body: FORM });

/** Opens a page and its stream, and calls `onText` with each chunk of the stream. */
export async function openPage(
  url: string,
  validationId: string,
  onText: (text: string) => void,
): Promise<void> {
  const { access_token: token } = JSON.parse(await askForToken(url)) as { access_token: string };
  const html = await ask(`${url}/call?access_token=${token}&validation_id=${validationId}`);
  const { pathname, search } = new URL(parseSetup(html).stream, url);
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${url}${pathname}${search}`, { agent: open }, (answer) => {
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        resolve();
        onText(chunk);
      });
      answer.on('error', () => {});
    });
    sent.on('error', reject).end();
  });
}

/** Issues tokens at a constant rate until the returned function is called. */
function load(url: string): () => Promise<number> {
  let isRunning = true;
  let issued = 0;
  const running = (async () => {
    const begun = performance.now();
    while (isRunning) {
      const due = ((performance.now() - begun) / 1000) * TOKENS_PER_SECOND;
      const missing = Math.min(100, Math.floor(due - issued));
      issued += missing;
      for (let i = 0; i < missing; i += 1) void askForToken(url).catch(() => {});
      await pause(5);
    }
  })();
  return async () => {
    isRunning = false;
    await running;
    return issued;
  };
}

/**
 * Measures the cost of open pages: memory for each page in bytes, the part of a core that all take while idle, and
 * milliseconds from an agent action to the event at the page while tokens are issued.
 */
export async function pagesOpen(pages: number) {
  const served = await simulator('--scenario', 'manual', '--log-level', 'error');
  const { url } = served;
  const waiting = new Map<string, (at: number) => void>();
  const opened = (id: string) =>
    openPage(url, id, (text) => {
      if (text.includes('VideocallLoading')) waiting.get(id)?.(performance.now());
    });
  await Promise.all(Array.from({ length: 50 }, (_, i) => opened(`warm-${i}`)));
  await pause(500);
  const before = served.memory();
  for (let i = 0; i < pages; i += 50) {
    await Promise.all(Array.from({ length: Math.min(50, pages - i) }, (_, j) => opened(`val-${i + j}`)));
  }
  await pause(2000);
  const each = (served.memory() - before) / pages;
  const idleSince = served.processorTime();
  await pause(IDLE_MS);
  const idle = (served.processorTime() - idleSince) / IDLE_MS;

  const stop = load(url);
  const begun = performance.now();
  const delays: number[] = [];
  for (let i = 0; i < ACTIONS; i += 1) {
    const id = `val-${Math.floor((i * pages) / ACTIONS)}`;
    const heard = new Promise<number>((resolve) => waiting.set(id, resolve));
    const acted = performance.now();
    // No response is expected: it waits for the report of the page, and these pages send none.
    void ask(`${url}/__admin/calls/${id}/agent`, {
      method: 'POST',
      body: '{"action":"join"}',
      agent: open,
    }).catch(() => {});
    delays.push((await heard) - acted);
    await pause(5);
  }
  const issued = await stop();
  const rate = (issued / (performance.now() - begun)) * 1000;
  await served.stop();
  return { each, delays, idle, rate };
}
