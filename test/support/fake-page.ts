import { expect, vi } from 'vitest';
import type { PageSetup } from '../../src/pages/call/messages.ts';
import type { Drive } from './drive.ts';

/** A page of a call without a browser around it: it listens to its stream and reports what a test says. */
export interface FakePage {
  readonly opened: { status: number; state: string; html: string };
  /** Everything that the stream has said so far, as it came. */
  told(): string;
  /** Waits until the stream has said this. */
  hears(text: string): Promise<void>;
  /** Resolves when the stream has ended or was left. */
  readonly ended: Promise<unknown>;
  /** Opens the stream, as a browser does again when it has ended, with the last event that it has. */
  listen(lastEventId?: number): void;
  leave(): void;
  /** Reports these events as posted. */
  report(...posted: number[]): Promise<number>;
  /** Asks once by long-poll. */
  poll(state: string, after?: number): Promise<{ id?: number; data: Record<string, unknown> }[]>;
}

export async function fakePage(
  d: Drive,
  token: string,
  validationId: string,
  base = d.mock.url,
): Promise<FakePage> {
  const opened = await d.open(token, validationId);
  return { opened, ...pageOf(opened.html, base) };
}

/** What the script of the page reads from its `html`: where its stream and its reports go. */
export const setupOf = (html: string): PageSetup =>
  JSON.parse(/<script type="application\/json" id="setup">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}');

/** The page that `html` is, once its script runs; `base` is the simulator that it talks to. */
export function pageOf(html: string, base: string): Omit<FakePage, 'opened'> {
  const setup = setupOf(html);
  const onBase = (address: string) => {
    const { pathname, search } = new URL(address, base);
    return `${base}${pathname}${search}`;
  };
  let told = '';
  let stopping = new AbortController();
  let ended: Promise<unknown>;

  const listen = (lastEventId?: number) => {
    stopping = new AbortController();
    const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
    ended = fetch(onBase(setup.stream), { signal: stopping.signal, headers })
      .then(async ({ body }) => {
        for await (const chunk of body ?? []) told += Buffer.from(chunk).toString();
      })
      .catch(() => {});
  };
  listen();
  return {
    told: () => told,
    hears: (text) => vi.waitFor(() => expect(told).toContain(text), { timeout: 60_000, interval: 10 }),
    get ended() {
      return ended;
    },
    listen,
    leave: () => stopping.abort(),
    report: async (...posted) =>
      (await fetch(onBase(setup.reports), { method: 'POST', body: JSON.stringify({ posted }) })).status,
    poll: async (state, after = -1) => {
      const address = onBase(setup.stream).replace(/after=[^&]*/, `after=${after}`);
      return (await (await fetch(`${address}&poll=1&state=${state}`)).json()) as never;
    },
  };
}
