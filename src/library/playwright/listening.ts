import type { Page } from '@playwright/test';
import { explainDrop, formatData, getFieldText, type PostedMessage } from '../../domain/listener.ts';
import type { VideocallEvent } from '../../guide/events.ts';
import { clearTimeout, setTimeout } from '../../system/timers.ts';
import { MockError } from '../error.ts';

/** What a page receives from the frame in it. */
export interface Listening {
  /** The events that the listener of guide 5.5 has accepted so far: messages of the frame with a code of the guide. */
  events(): VideocallEvent[];
  /**
   * Waits until the guide's listener has received this event; an event received earlier counts. On a timeout it throws a
   * `MockError` of code `timeout` that lists the events received and the messages dropped, with reasons, and what the calls
   * wait for.
   *
   * @param timeout in milliseconds; by default 5000
   */
  heard(code: string, options?: { readonly timeout?: number }): Promise<VideocallEvent>;
}

/** What a page has received, and who waits for more. */
interface Inbox {
  readonly messages: PostedMessage[];
  readonly waiting: Set<() => void>;
}

const HEARD_TIMEOUT_MS = 5_000;
const MAX_SEEN = 20;
/** The binding by which a page reports its messages. */
const BINDING_NAME = '__mockVeridasHeard';
/** It runs in every frame, because the page around the call may be in a frame itself, and where a listener may exist already. */
const LISTENER_SCRIPT = `if (!window.${BINDING_NAME}Listens) {
  window.${BINDING_NAME}Listens = true;
  addEventListener('message', ({ origin, data, source }) => {
    if (source !== window) window.${BINDING_NAME}({ origin, data }).catch(() => {});
  });
}`;

/** Pages that already have the binding: a name can be exposed only once. */
const inboxes = new WeakMap<Page, Promise<Inbox>>();

const describeMessage = (message: PostedMessage): string => {
  const why = explainDrop(message);
  const code = getFieldText(message.data, 'code') || formatData(message.data);
  return why === undefined ? code : `${code} (dropped: ${why})`;
};

async function openInbox(page: Page): Promise<Inbox> {
  const inbox: Inbox = { messages: [], waiting: new Set() };
  await page.exposeBinding(BINDING_NAME, (_, message: PostedMessage) => {
    inbox.messages.push(message);
    for (const look of inbox.waiting) look();
  });
  await page.addInitScript({ content: LISTENER_SCRIPT });
  // For the documents that are already loaded, if any. A frame may go meanwhile.
  await Promise.all(page.frames().map((frame) => frame.evaluate(LISTENER_SCRIPT).catch(() => {})));
  return inbox;
}

const listEvents = ({ messages }: Inbox): VideocallEvent[] =>
  messages.filter((one) => explainDrop(one) === undefined).map(({ data }) => data as VideocallEvent);

/** The event of this code, or undefined when it has not come in time. */
const waitForEvent = (inbox: Inbox, code: string, timeout: number): Promise<VideocallEvent | undefined> =>
  new Promise((resolve) => {
    const end = (event: VideocallEvent | undefined) => {
      clearTimeout(timer);
      inbox.waiting.delete(look);
      resolve(event);
    };
    const look = () => {
      const event = listEvents(inbox).find((one) => one.code === code);
      if (event !== undefined) end(event);
    };
    const timer = setTimeout(end, timeout, undefined);
    inbox.waiting.add(look);
    look();
  });

/**
 * Records every message that `page` receives from now on, across navigations.
 *
 * @param describeCalls says what the calls wait for, for the error of an event that has not come
 */
export async function listenTo(page: Page, describeCalls: () => Promise<string>): Promise<Listening> {
  const opening = inboxes.get(page) ?? openInbox(page);
  inboxes.set(page, opening);
  const inbox = await opening;

  async function heard(code: string, { timeout = HEARD_TIMEOUT_MS } = {}): Promise<VideocallEvent> {
    // Taken before anything is awaited: afterwards the stack no longer contains the line of the test.
    const caller: { stack?: string } = {};
    Error.captureStackTrace(caller, heard);
    const event = await waitForEvent(inbox, code, timeout);
    if (event !== undefined) return event;
    const seen = inbox.messages.slice(-MAX_SEEN).map(describeMessage);
    const received = seen.length === 0 ? 'it received no message' : `it received ${seen.join(', ')}`;
    const hint = [received, await describeCalls()].filter(Boolean).join('; ');
    const error = new MockError('timeout', `the page did not receive ${code} within ${timeout}ms`, {
      hint,
      seen,
    });
    error.stack = caller.stack?.replace(/^.*/, () => `${error.name}: ${error.message}`) ?? error.stack ?? '';
    throw error;
  }
  return { events: () => listEvents(inbox), heard };
}
