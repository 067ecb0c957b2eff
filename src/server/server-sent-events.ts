import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';

/** An answer that stays open, and to which text is added for as long as somebody reads it. */
export interface ServerSentEvents {
  /** Says something. Whoever leaves too much unread is cut off, and comes back by itself. */
  send(data: string, of?: { readonly id?: number | undefined; readonly event?: string }): void;
  /** Says no more. Must be called in the end, also when nobody reads any more. */
  end(): void;
}

/** How soon a browser is to come back after the connection was lost, in milliseconds. */
const RETRY_DELAY_MS = 500;
/** Proxies close a connection that is silent for much longer. */
const PING_INTERVAL_MS = 15_000;

/**
 * Begins server-sent events.
 *
 * @param maxUnreadBytes bytes that may wait to be read
 */
export function createServerSentEvents(
  raw: ServerResponse,
  headers: OutgoingHttpHeaders,
  maxUnreadBytes: number,
): ServerSentEvents {
  // Behind a body that nobody reads, the end of the connection would not be seen.
  raw.req.resume();
  // A balancer that buffers would keep every event until the end.
  raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  raw.write(`retry: ${RETRY_DELAY_MS}\n\n`);
  const write = (text: string) => {
    if (raw.writableLength > maxUnreadBytes) raw.destroy();
    else if (!raw.writableEnded) raw.write(text);
  };
  const ping = setInterval(write, PING_INTERVAL_MS, ':\n\n');
  return {
    send(data, { id, event } = {}) {
      const fields = [
        ...(id === undefined ? [] : [`id: ${id}`]),
        ...(event === undefined ? [] : [`event: ${event}`]),
        `data: ${data}`,
      ];
      write(`${fields.join('\n')}\n\n`);
    },
    end() {
      clearInterval(ping);
      raw.end();
    },
  };
}
