import { clearTimeout, setTimeout } from 'node:timers';
import type { Page } from '@playwright/test';
import { dropped, type Message, textOf } from '../../domain/listener.ts';
import type { VideocallEvent } from '../../guide/events.ts';
import { MockError } from '../error.ts';

/** What a page hears of the frame in it. */
export interface Listening {
  /** What the listener of the guide (5.5) has let through so far: a message of the frame with a code of the guide. */
  events(): VideocallEvent[];
  /**
   * Waits until the listener of the guide has heard this event; what was heard already counts. In vain it throws a
   * `MockError` of code `timeout`, with what was heard instead and what was dropped, and why.
   *
   * @param timeout in milliseconds; by default 5000
   */
  heard(code: string, options?: { readonly timeout?: number }): Promise<VideocallEvent>;
}

const PATIENCE_MS = 5_000;
/** Under this name a page tells what it hears. */
const EAR = '__mockVeridasHeard';
/** It runs in pages that may have a listener already, and in frames, which are not asked. */
const SCRIPT = `if (window === top && !window.${EAR}Listens) {
  window.${EAR}Listens = true;
  addEventListener('message', ({ origin, data, source }) => {
    if (source !== window) window.${EAR}({ origin, data });
  });
}`;

/** Pages that are listened to, whose names can be taken only once. */
const pages = new WeakMap<Page, Promise<Listening>>();

const told = (message: Message): string => {
  const why = dropped(message);
  const code = textOf(message.data, 'code') || JSON.stringify(message.data);
  return why === undefined ? code : `${code} (dropped: ${why})`;
};

async function begin(page: Page): Promise<Listening> {
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  await page.exposeBinding(EAR, (_, message: Message) => {
    messages.push(message);
    for (const look of waiting) look();
  });
  await page.addInitScript({ content: SCRIPT });
  // The page that is there already, if any.
  await page.evaluate(SCRIPT);

  const events = () =>
    messages.filter((one) => dropped(one) === undefined).map(({ data }) => data as VideocallEvent);
  return {
    events,
    heard: (code, { timeout = PATIENCE_MS } = {}) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        const look = () => {
          const event = events().find((one) => one.code === code);
          if (event === undefined) return;
          stop();
          resolve(event);
        };
        const timer = setTimeout(() => {
          stop();
          const seen = messages.map(told);
          const hint = seen.length === 0 ? 'it has heard nothing' : `it has heard ${seen.join(', ')}`;
          reject(
            new MockError('timeout', `the page has not heard ${code} within ${timeout}ms`, { hint, seen }),
          );
        }, timeout);
        waiting.add(look);
        look();
      }),
  };
}

/** Listens to all that `page` hears from now on, also after it has gone elsewhere. */
export function listenTo(page: Page): Promise<Listening> {
  const listening = pages.get(page) ?? begin(page);
  pages.set(page, listening);
  return listening;
}
