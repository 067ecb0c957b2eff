import type { RequestListener, ServerResponse } from 'node:http';
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { clearInterval, setInterval } from '../system/timers.ts';

/** A request handler that disconnects clients which do not read their responses. */
export interface ReadTimeoutHandler {
  readonly handler: RequestListener;
  /** The response to the last request of an HTTP/1.1 connection, if there was one. */
  getLastResponse(socket: Socket): ServerResponse | undefined;
  stop(): void;
}

type Response = ServerResponse | Http2ServerResponse;

/** What carries responses in the order of their requests: an HTTP/1.1 connection, or one stream of an HTTP/2 connection. */
type Channel = Socket | ServerHttp2Stream;

const getChannel = (response: Response): Channel =>
  'stream' in response ? response.stream : response.req.socket;

/** RFC 9113, 7: a stream that is no longer needed. */
const CANCEL_CODE = 0x8;

function disconnect(channel: Channel): void {
  if ('session' in channel) channel.close(CANCEL_CODE);
  else channel.destroy();
}

/** How often a response is checked before its timeout has passed. */
const CHECKS_PER_TIMEOUT = 4;

/**
 * Destroys a connection whose client has not read a finished response within `timeoutMs`. Responses that are still being
 * written, such as streams, are exempt.
 *
 * @param timeoutMs real time, in milliseconds
 */
export function withReadTimeout(handler: RequestListener, timeoutMs: number): ReadTimeoutHandler {
  /** The responses of each channel, without those that were sent before the last request came. */
  const channels = new Map<Channel, Response[]>();
  /** How many checks have found a response waiting to be read. */
  let checksOf = new Map<Response, number>();

  const checkTimer = setInterval(() => {
    const waiting = new Map<Response, number>();
    for (const [channel, responses] of channels) {
      if (channel.destroyed) channels.delete(channel);
      for (const response of responses) {
        if (!response.writableEnded || response.writableFinished) continue;
        const checks = (checksOf.get(response) ?? 0) + 1;
        if (checks > CHECKS_PER_TIMEOUT) disconnect(channel);
        else waiting.set(response, checks);
      }
    }
    checksOf = waiting;
  }, timeoutMs / CHECKS_PER_TIMEOUT);
  checkTimer.unref();

  function addChannel(channel: Channel): Response[] {
    const responses: Response[] = [];
    channels.set(channel, responses);
    channel.once('close', () => channels.delete(channel));
    return responses;
  }

  return {
    // A listener on each response would cost more than this list.
    handler(request, response) {
      const channel = getChannel(response);
      const responses = channels.get(channel) ?? addChannel(channel);
      while (responses[0]?.writableFinished) responses.shift();
      responses.push(response);
      handler(request, response);
    },
    getLastResponse: (socket) => channels.get(socket)?.at(-1) as ServerResponse | undefined,
    stop: () => clearInterval(checkTimer),
  };
}
