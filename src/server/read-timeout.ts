import type { RequestListener, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { clearInterval, setInterval } from 'node:timers';

/** Handles requests for as long as whoever asked takes what is answered. */
export interface ReadTimeoutHandler {
  readonly handler: RequestListener;
  stop(): void;
}

const isHttp2 = (response: ServerResponse | Http2ServerResponse): response is Http2ServerResponse =>
  'stream' in response;

/** RFC 9113, 7: a stream that is no longer needed. */
const CANCEL_CODE = 0x8;

/** Looked at this often before it is over. */
const CHECKS_PER_TIMEOUT = 4;

/**
 * Lets `handler` answer, and cuts off whoever has not read an answer to its end so long after all of it was said. One that
 * is still being said, as a stream is, may take as long as it likes.
 *
 * @param timeoutMs in milliseconds
 */
export function withReadTimeout(handler: RequestListener, timeoutMs: number): ReadTimeoutHandler {
  const openResponses = new Map<ServerResponse | Http2ServerResponse, number>();
  const checkTimer = setInterval(() => {
    for (const [response, checks] of openResponses) {
      // One that waits behind another on the same connection is never told that it is closed.
      if (response.req.socket?.destroyed) openResponses.delete(response);
      else if (!response.writableEnded) continue;
      else if (checks < CHECKS_PER_TIMEOUT) openResponses.set(response, checks + 1);
      else if (isHttp2(response)) response.stream.close(CANCEL_CODE);
      else response.req.socket.destroy();
    }
  }, timeoutMs / CHECKS_PER_TIMEOUT);
  checkTimer.unref();
  return {
    handler(request, response) {
      openResponses.set(response, 0);
      response.once('close', () => openResponses.delete(response));
      handler(request, response);
    },
    stop: () => clearInterval(checkTimer),
  };
}
