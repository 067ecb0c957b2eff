import { clearTimeout, setTimeout } from 'node:timers';
import type { Page } from '@playwright/test';
import { explainDrop, getFieldText, type PostedMessage } from '../../domain/listener.ts';
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

const HEARD_TIMEOUT_MS = 5_000;
/** Under this name a page tells what it hears. */
const BINDING_NAME = '__mockVeridasHeard';
/** It runs in pages that may have a listener already, and in frames, which are not asked. */
const LISTENER_SCRIPT = `if (window === top && !window.${BINDING_NAME}Listens) {
  window.${BINDING_NAME}Listens = true;
  addEventListener('message', ({ origin, data, source }) => {
    if (source !== window) window.${BINDING_NAME}({ origin, data });
  });
}`;

/** Pages that are listened to, whose names can be taken only once. */
const pages = new WeakMap<Page, Promise<Listening>>();

const describeMessage = (message: PostedMessage): string => {
  const why = explainDrop(message);
  const code = getFieldText(message.data, 'code') || JSON.stringify(message.data);
  return why === undefined ? code : `${code} (dropped: ${why})`;
};

async function startListening(page: Page): Promise<Listening> {
  const messages: PostedMessage[] = [];
  const waiting = new Set<() => void>();
  await page.exposeBinding(BINDING_NAME, (_, message: PostedMessage) => {
    messages.push(message);
    for (const look of waiting) look();
  });
  await page.addInitScript({ content: LISTENER_SCRIPT });
  // The page that is there already, if any.
  await page.evaluate(LISTENER_SCRIPT);

  const events = () =>
    messages.filter((one) => explainDrop(one) === undefined).map(({ data }) => data as VideocallEvent);
  return {
    events,
    heard: (code, { timeout = HEARD_TIMEOUT_MS } = {}) =>
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
          const seen = messages.map(describeMessage);
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
  const listening = pages.get(page) ?? startListening(page);
  pages.set(page, listening);
  return listening;
}
