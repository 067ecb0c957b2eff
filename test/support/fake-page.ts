import { expect, vi } from 'vitest';
import type { PageSetup } from '../../src/pages/call/messages.ts';
import type { Drive } from './drive.ts';

/** A page of a call without a browser around it: it listens to its stream and reports what a test says. */
export interface FakePage {
  readonly opened: { status: number; state: string; html: string };
  /** Everything that the stream has said so far, as it came. */
  getReceived(): string;
  /** Waits until the stream has said this. */
  waitForText(text: string): Promise<void>;
  /** Resolves when the stream has ended or was left. */
  readonly ended: Promise<unknown>;
  /** Opens the stream, as a browser does again when it has ended, with the last event that it has. */
  connect(lastEventId?: number): void;
  disconnect(): void;
  /** Reports these events as posted. */
  report(...posted: number[]): Promise<number>;
  /** Asks once by long-poll. */
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

/** What the script of the page reads from its `html`: where its stream and its reports go. */
export const parseSetup = (html: string): PageSetup =>
  JSON.parse(/<script type="application\/json" id="setup">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}');

/** The page that `html` is, once its script runs; `base` is the simulator that it talks to. */
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
