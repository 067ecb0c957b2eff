import { expect, vi } from 'vitest';
import type { PageSetup } from '../../src/pages/call/messages.ts';
import type { Drive } from './drive.ts';

/** A call page without a browser: it reads its stream and reports what a test tells it to report. */
export interface FakePage {
  readonly opened: { status: number; state: string; html: string };
  /** Returns everything that the stream has sent so far. */
  getReceived(): string;
  /** Waits until the stream has sent this text. */
  waitForText(text: string): Promise<void>;
  /** Resolves when the stream has ended or is disconnected. */
  readonly ended: Promise<unknown>;
  /** Opens the stream again, as a browser does after its end, with the id of the last event. */
  connect(lastEventId?: number): void;
  disconnect(): void;
  /** Reports these events as posted, and returns the status. */
  report(...posted: number[]): Promise<number>;
  /** Sends one long-poll request. */
  poll(state: string, after?: number): Promise<{ id?: number; data: Record<string, unknown> }[]>;
}

export async function openFakePage(
  d: Drive,
  token: string,
  validationId: string,
  base = d.mock.url,
): Promise<FakePage> {
  const opened = await d.open(token, validationId);
  return { opened, ...createFakePage(opened.html, base) };
}

/** Parses the setup in the page's HTML: the addresses of its stream and its reports. */
export const parseSetup = (html: string): PageSetup =>
  JSON.parse(/<script type="application\/json" id="setup">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}');

/** Creates a page from its HTML and opens its stream. `base` is the address of the simulator. */
export function createFakePage(html: string, base: string): Omit<FakePage, 'opened'> {
  const setup = parseSetup(html);
  const onBase = (address: string) => {
    const { pathname, search } = new URL(address, base);
    return `${base}${pathname}${search}`;
  };
  let received = '';
  let abort = new AbortController();
  let ended: Promise<unknown>;

  const connect = (lastEventId?: number) => {
    abort = new AbortController();
    const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
    ended = fetch(onBase(setup.stream), { signal: abort.signal, headers })
      .then(async ({ body }) => {
        for await (const chunk of body ?? []) received += Buffer.from(chunk).toString();
      })
      .catch(() => {});
  };
  connect();
  return {
    getReceived: () => received,
    waitForText: (text) =>
      vi.waitFor(() => expect(received).toContain(text), { timeout: 60_000, interval: 10 }),
    get ended() {
      return ended;
    },
    connect,
    disconnect: () => abort.abort(),
    report: async (...posted) =>
      (await fetch(onBase(setup.reports), { method: 'POST', body: JSON.stringify({ posted }) })).status,
    poll: async (state, after = -1) => {
      const address = onBase(setup.stream).replace(/after=[^&]*/, `after=${after}`);
      return (await (await fetch(`${address}&poll=1&state=${state}`)).json()) as never;
    },
  };
}
