import type { Page } from '@playwright/test';
import { explainDrop, getFieldText, type PostedMessage } from '../../domain/listener.ts';
import type { VideocallEvent } from '../../guide/events.ts';
import { clearTimeout, setTimeout } from '../../system/timers.ts';
import { MockError } from '../error.ts';

/** What a page receives from the frame in it. */
export interface Listening {
  /** The events that the listener of guide 5.5 has accepted so far: messages of the frame with a code of the guide. */
  events(): VideocallEvent[];
  /**
   * Waits until the guide's listener has received this event; an event received earlier counts. On a timeout it throws a
   * `MockError` of code `timeout` that lists the events received and the messages dropped, with reasons.
   *
   * @param timeout in milliseconds; by default 5000
   */
  heard(code: string, options?: { readonly timeout?: number }): Promise<VideocallEvent>;
}

const HEARD_TIMEOUT_MS = 5_000;
/** The binding by which a page reports its messages. */
const BINDING_NAME = '__mockVeridasHeard';
/** It runs in pages that may have a listener already, and in frames, which it ignores. */
const LISTENER_SCRIPT = `if (window === top && !window.${BINDING_NAME}Listens) {
  window.${BINDING_NAME}Listens = true;
  addEventListener('message', ({ origin, data, source }) => {
    if (source !== window) window.${BINDING_NAME}({ origin, data });
  });
}`;

/** Pages that already have the binding: a name can be exposed only once. */
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
  // For the document that is already loaded, if any.
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
          const hint = seen.length === 0 ? 'it received no message' : `it received ${seen.join(', ')}`;
          reject(
            new MockError('timeout', `the page did not receive ${code} within ${timeout}ms`, { hint, seen }),
          );
        }, timeout);
        waiting.add(look);
        look();
      }),
  };
}

/** Records every message that `page` receives from now on, across navigations. */
export function listenTo(page: Page): Promise<Listening> {
  const listening = pages.get(page) ?? startListening(page);
  pages.set(page, listening);
  return listening;
}
