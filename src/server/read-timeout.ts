import type { RequestListener, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { clearInterval, setInterval } from '../system/timers.ts';

/** A request handler that disconnects clients which do not read their responses. */
export interface ReadTimeoutHandler {
  readonly handler: RequestListener;
  stop(): void;
}

const isHttp2 = (response: ServerResponse | Http2ServerResponse): response is Http2ServerResponse =>
  'stream' in response;

/** RFC 9113, 7: a stream that is no longer needed. */
const CANCEL_CODE = 0x8;

/** How often a response is checked before its timeout has passed. */
const CHECKS_PER_TIMEOUT = 4;

/**
 * Destroys a connection whose client has not read a finished response within `timeoutMs`. Responses that are still being
 * written, such as streams, are exempt.
 *
 * @param timeoutMs real time, in milliseconds
 */
export function withReadTimeout(handler: RequestListener, timeoutMs: number): ReadTimeoutHandler {
  const openResponses = new Map<ServerResponse | Http2ServerResponse, number>();
  const checkTimer = setInterval(() => {
    for (const [response, checks] of openResponses) {
      // A pipelined response that waits behind another gets no 'close' event.
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
