import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { clearInterval, setInterval } from '../system/timers.ts';

/** A response that stays open, to which text is appended until the client disconnects. */
export interface ServerSentEvents {
  /** Sends text. A client with too much unread text is disconnected; it reconnects by itself. */
  send(data: string, of?: { readonly id?: number | undefined; readonly event?: string }): void;
  /** Ends the response. Must be called, even when the client has disconnected. */
  end(): void;
}

/** How soon a browser reconnects after the connection was lost, in milliseconds. */
const RETRY_DELAY_MS = 500;
/** Proxies close connections that are silent for much longer. */
const PING_INTERVAL_MS = 15_000;

/**
 * Starts a response of server-sent events.
 *
 * @param maxUnreadBytes bytes that may wait to be read
 */
export function createServerSentEvents(
  raw: ServerResponse,
  headers: OutgoingHttpHeaders,
  maxUnreadBytes: number,
): ServerSentEvents {
  // Read the request body, or the end of the connection goes unnoticed.
  raw.req.resume();
  raw.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream',
    // A proxy that buffers or compresses would hold back every event until the end.
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
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
