import type { RequestListener, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { clearInterval, setInterval } from 'node:timers';

/** Handles requests for as long as whoever asked takes what is answered. */
export interface Hurried {
  readonly handler: RequestListener;
  stop(): void;
}

const isOfHttp2 = (response: ServerResponse | Http2ServerResponse): response is Http2ServerResponse =>
  'stream' in response;

/** RFC 9113, 7: a stream that is no longer needed. */
const CANCEL = 0x8;

/** Looked at this often before it is over. */
const LOOKS = 4;

/**
 * Lets `handler` answer, and cuts off whoever has not read an answer to its end so long after all of it was said. One that
 * is still being said, as a stream is, may take as long as it likes.
 *
 * @param slowest in milliseconds
 */
export function hurried(handler: RequestListener, slowest: number): Hurried {
  const underWay = new Map<ServerResponse | Http2ServerResponse, number>();
  const look = setInterval(() => {
    for (const [response, looks] of underWay) {
      // One that waits behind another on the same connection is never told that it is closed.
      if (response.req.socket?.destroyed) underWay.delete(response);
      else if (!response.writableEnded) continue;
      else if (looks < LOOKS) underWay.set(response, looks + 1);
      else if (isOfHttp2(response)) response.stream.close(CANCEL);
      else response.req.socket.destroy();
    }
  }, slowest / LOOKS);
  look.unref();
  return {
    handler(request, response) {
      underWay.set(response, 0);
      response.once('close', () => underWay.delete(response));
      handler(request, response);
    },
    stop: () => clearInterval(look),
  };
}
