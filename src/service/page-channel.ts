import type { ServerResponse } from 'node:http';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { StreamMessage } from '../pages/call/messages.ts';
import { createServerSentEvents } from '../server/server-sent-events.ts';

/** A way to tell a page something: `send` takes an event with its id, anything else without. */
export interface Channel {
  send(message: StreamMessage, id?: number): void;
  /** Says no more. Must be called in the end, also when the page has gone. */
  end(): void;
}

/** A long-poll is answered after this, even with nothing. */
const POLL_TIMEOUT_MS = 25_000;
/** A page that leaves more than this unread is not waited for. */
const MAX_UNREAD_BYTES = 1 << 20;

/** The page may stand in a sandbox, whose origin is none, and its stream has a host of its own. */
export const CROSS_ORIGIN_HEADERS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'no-store',
};

/** Server-sent events, for as long as the page listens. */
export function createEventStream(raw: ServerResponse): Channel {
  const events = createServerSentEvents(raw, CROSS_ORIGIN_HEADERS, MAX_UNREAD_BYTES);
  return { send: (message, id) => events.send(JSON.stringify(message), { id }), end: events.end };
}

/** One answer with all that there is to tell, as soon as there is something. For browsers without EventSource. */
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
      // What comes in the same moment goes into the same answer.
      if (messages.length === 0) setImmediate(end);
      messages.push(id === undefined ? { data } : { id, data });
    },
    end,
  };
}
