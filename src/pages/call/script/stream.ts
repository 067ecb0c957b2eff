import { ANSWER_TIMEOUT_MS, parseJson, RETRY_DELAY_MS, setParameter } from '../../wire.ts';
import type { PageSetup, StreamMessage } from '../messages.ts';
import { toOwnHost, toPageHost } from './addresses.ts';

/** One message of the stream with its id, as a long-poll returns it. */
export interface ReceivedMessage {
  readonly id?: number;
  readonly data: StreamMessage;
}

export type Stop = () => void;

interface StreamListener {
  onMessage(received: ReceivedMessage): void;
  /** Called when an answer has come without a message. */
  onAnswer(): void;
  onFailure(): void;
}
/** Opens a connection and reopens it after a failure, until the returned function is called. */
type Transport = (getUrl: () => string, listener: StreamListener) => Stop;

/** A stream that opens and brings no message within this time is held back by a proxy. */
const SILENCE_TIMEOUT_MS = 5_000;

/** The present screen of the page. */
export const getShownState = () => document.body.getAttribute('data-state') as string;

/** Uses an EventSource, which reconnects by itself and then sends the last id it has received. */
const followStream: Transport = (getUrl, listener) => {
  let isStopped = false;
  let source: EventSource;
  const open = () => {
    if (isStopped) return;
    source = new EventSource(getUrl());
    source.onmessage = (message: MessageEvent<string>) => {
      const data = parseJson<StreamMessage>(message.data);
      const id = message.lastEventId;
      if (data !== undefined) listener.onMessage(id === '' ? { data } : { id: Number(id), data });
    };
    // A response that is not an event stream, such as a proxy's 502, ends an EventSource for good.
    source.onerror = () => {
      if (source.readyState === source.CLOSED) window.setTimeout(open, RETRY_DELAY_MS);
      listener.onFailure();
    };
  };
  open();
  return () => {
    isStopped = true;
    source.close();
  };
};

/**
 * Long-poll, for proxies that hold back streams, for more pages than a host can stream to, and for Edge before 79, which has
 * no EventSource. The first poll is answered at once. Later ones send the present screen, to receive only changes.
 */
const pollStream: Transport = (getUrl, listener) => {
  let isStopped = false;
  let hasAnswered = false;
  let request: XMLHttpRequest;
  const poll = () => {
    if (isStopped) return;
    const url = setParameter(getUrl(), 'poll', 1);
    request = new XMLHttpRequest();
    request.open('GET', hasAnswered ? setParameter(url, 'state', getShownState()) : url);
    request.timeout = ANSWER_TIMEOUT_MS;
    request.onloadend = receive;
    request.send();
  };
  const receive = () => {
    if (isStopped) return;
    const messages = request.status === 200 ? parseJson<ReceivedMessage[]>(request.responseText) : undefined;
    if (messages === undefined) {
      window.setTimeout(poll, RETRY_DELAY_MS);
      listener.onFailure();
      return;
    }
    hasAnswered = true;
    listener.onAnswer();
    messages.forEach(listener.onMessage);
    poll();
  };
  poll();
  return () => {
    isStopped = true;
    request.abort();
  };
};

interface Route {
  readonly transport: Transport;
  readonly url: string;
}

/** The ways to receive messages, in the order in which they are tried. */
function listRoutes(setup: PageSetup): Route[] {
  const streamTransport = 'EventSource' in window ? followStream : pollStream;
  const own = toOwnHost(setup.ownHost, setup.stream);
  const shared = setParameter(toPageHost(setup.stream), 'shared', 1);
  return [
    ...(own === undefined ? [] : [{ transport: streamTransport, url: own }]),
    { transport: streamTransport, url: shared },
    { transport: pollStream, url: shared },
  ];
}

/**
 * Receives the page's messages until the returned function is called. Uses the first route that brings one.
 *
 * @param getLastId the id of the last message: only the browser's own reconnect sends it in a header
 * @param onConnectionChange called when a message has come, and when no route is left to try
 */
export function receiveMessages(
  setup: PageSetup,
  getLastId: () => number | undefined,
  onMessage: (received: ReceivedMessage) => void,
  onConnectionChange: (result: 'good' | 'bad') => void,
): Stop {
  const routes = listRoutes(setup);
  let stopRoute: Stop = () => {};

  const take = (index: number) => {
    const route = routes[index] as Route;
    const hasNext = index + 1 < routes.length;
    let isWorking = false;
    const leaveFor = (next: number) => {
      stopRoute();
      take(next);
    };
    const succeed = () => {
      isWorking = true;
      window.clearTimeout(timer);
      onConnectionChange('good');
    };
    const fail = () => {
      if (isWorking || !hasNext) onConnectionChange('bad');
      else leaveFor(index + 1);
    };
    const timer = hasNext ? window.setTimeout(fail, SILENCE_TIMEOUT_MS) : undefined;
    const getUrl = () => {
      const lastId = getLastId();
      return lastId === undefined ? route.url : setParameter(route.url, 'after', lastId);
    };
    const stopTransport = route.transport(getUrl, {
      onMessage: (received) => {
        succeed();
        if ('poll' in received.data) leaveFor(routes.length - 1);
        else onMessage(received);
      },
      onAnswer: succeed,
      onFailure: fail,
    });
    stopRoute = () => {
      window.clearTimeout(timer);
      stopTransport();
    };
  };
  take(0);
  return () => stopRoute();
}
