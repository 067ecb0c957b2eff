import type { ServerResponse } from 'node:http';
import type { StreamMessage } from '../pages/call/messages.ts';
import { createServerSentEvents } from '../server/server-sent-events.ts';
import { clearTimeout, setImmediate, setTimeout } from '../system/timers.ts';

/** Sends messages to a page: an event with its id, anything else without. */
export interface Channel {
  send(message: StreamMessage, id?: number): void;
  /** Ends the channel. Must be called, even when the page has disconnected. */
  end(): void;
}

/** A long-poll is answered after this time, even without a message. */
const POLL_TIMEOUT_MS = 25_000;
/** A page with more unread data is disconnected. */
const MAX_UNREAD_BYTES = 1 << 20;

/** A sandboxed page has the origin "null", and its stream has a host of its own. */
export const CROSS_ORIGIN_HEADERS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'no-store',
};

/** Server-sent events, until the page disconnects. */
export function createEventStream(raw: ServerResponse): Channel {
  const events = createServerSentEvents(raw, CROSS_ORIGIN_HEADERS, MAX_UNREAD_BYTES);
  return { send: (message, id) => events.send(JSON.stringify(message), { id }), end: events.end };
}

/** One response with all messages, as soon as there is one. For browsers without EventSource. */
export function createLongPoll(raw: ServerResponse): Channel {
  const messages: { id?: number; data: StreamMessage }[] = [];
  const end = () => {
    clearTimeout(timer);
    if (raw.headersSent) return;
    raw.writeHead(200, { ...CROSS_ORIGIN_HEADERS, 'content-type': 'application/json' });
    raw.end(JSON.stringify(messages));
  };
  const timer = setTimeout(end, POLL_TIMEOUT_MS);
  return {
    send(data, id) {
      // Messages of the same moment go into the same response.
      if (messages.length === 0) setImmediate(end);
      messages.push(id === undefined ? { data } : { id, data });
    },
    end,
  };
}
