import { ANSWER_LIMIT_MS, parsed, RETRY_MS, withParameter } from '../../wire.ts';
import type { StreamMessage } from '../messages.ts';

/** One message of the stream with the id it came with, as the long-poll answers it. */
export interface Received {
  readonly id?: number;
  readonly data: StreamMessage;
}

type Receive = (received: Received) => void;
/** Told whether the way to the server is open. */
type Connected = (result: 'good' | 'bad') => void;
export type Stop = () => void;

/** What the page shows. */
export const shown = () => document.body.getAttribute('data-state') as string;

/** Listens with an EventSource, which reconnects by itself and then names the last id that it has seen. */
function followStream(address: () => string, receive: Receive, connected: Connected): Stop {
  let stopped = false;
  let source: EventSource;
  const open = () => {
    if (stopped) return;
    source = new EventSource(address());
    source.onopen = () => connected('good');
    source.onmessage = (message: MessageEvent<string>) => {
      const data = parsed<StreamMessage>(message.data);
      const id = message.lastEventId;
      if (data !== undefined) receive(id === '' ? { data } : { id: Number(id), data });
    };
    // An answer other than an event stream, such as a proxy's 502, ends an EventSource for good.
    source.onerror = () => {
      connected('bad');
      if (source.readyState === source.CLOSED) window.setTimeout(open, RETRY_MS);
    };
  };
  open();
  return () => {
    stopped = true;
    source.close();
  };
}

/** Long-poll for Edge before 79, which has no EventSource. It says what is shown, to be told what is not. */
function pollStream(address: () => string, receive: Receive, connected: Connected): Stop {
  let stopped = false;
  let request: XMLHttpRequest;
  const ask = () => {
    if (stopped) return;
    request = new XMLHttpRequest();
    request.open('GET', withParameter(withParameter(address(), 'poll', 1), 'state', shown()));
    request.timeout = ANSWER_LIMIT_MS;
    request.onloadend = answered;
    request.send();
  };
  const answered = () => {
    if (stopped) return;
    const messages = request.status === 200 ? parsed<Received[]>(request.responseText) : undefined;
    messages?.forEach(receive);
    connected(messages === undefined ? 'bad' : 'good');
    if (messages === undefined) window.setTimeout(ask, RETRY_MS);
    else ask();
  };
  ask();
  return () => {
    stopped = true;
    request.abort();
  };
}

/** Opens the way on which the page hears from the server, until the answer is called. */
export const listenTo = (address: () => string, receive: Receive, connected: Connected): Stop =>
  ('EventSource' in window ? followStream : pollStream)(address, receive, connected);
