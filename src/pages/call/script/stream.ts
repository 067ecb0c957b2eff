import { ANSWER_TIMEOUT_MS, parseJson, RETRY_DELAY_MS, setParameter } from '../../wire.ts';
import type { StreamMessage } from '../messages.ts';

/** One message of the stream with its id, as a long-poll returns it. */
export interface ReceivedMessage {
  readonly id?: number;
  readonly data: StreamMessage;
}

type OnMessage = (received: ReceivedMessage) => void;
/** Called when the connection to the server opens or fails. */
type OnConnectionChange = (result: 'good' | 'bad') => void;
export type Stop = () => void;

/** The present screen of the page. */
export const getShownState = () => document.body.getAttribute('data-state') as string;

/** Uses an EventSource, which reconnects by itself and then sends the last id it has received. */
function followStream(
  address: () => string,
  onMessage: OnMessage,
  onConnectionChange: OnConnectionChange,
): Stop {
  let isStopped = false;
  let source: EventSource;
  const open = () => {
    if (isStopped) return;
    source = new EventSource(address());
    source.onopen = () => onConnectionChange('good');
    source.onmessage = (message: MessageEvent<string>) => {
      const data = parseJson<StreamMessage>(message.data);
      const id = message.lastEventId;
      if (data !== undefined) onMessage(id === '' ? { data } : { id: Number(id), data });
    };
    // A response that is not an event stream, such as a proxy's 502, ends an EventSource for good.
    source.onerror = () => {
      onConnectionChange('bad');
      if (source.readyState === source.CLOSED) window.setTimeout(open, RETRY_DELAY_MS);
    };
  };
  open();
  return () => {
    isStopped = true;
    source.close();
  };
}

/** Long-poll for Edge before 79, which has no EventSource. It sends the present screen, to receive only changes. */
function pollStream(
  address: () => string,
  onMessage: OnMessage,
  onConnectionChange: OnConnectionChange,
): Stop {
  let isStopped = false;
  let request: XMLHttpRequest;
  const poll = () => {
    if (isStopped) return;
    request = new XMLHttpRequest();
    request.open('GET', setParameter(setParameter(address(), 'poll', 1), 'state', getShownState()));
    request.timeout = ANSWER_TIMEOUT_MS;
    request.onloadend = onAnswer;
    request.send();
  };
  const onAnswer = () => {
    if (isStopped) return;
    const messages = request.status === 200 ? parseJson<ReceivedMessage[]>(request.responseText) : undefined;
    messages?.forEach(onMessage);
    onConnectionChange(messages === undefined ? 'bad' : 'good');
    if (messages === undefined) window.setTimeout(poll, RETRY_DELAY_MS);
    else poll();
  };
  poll();
  return () => {
    isStopped = true;
    request.abort();
  };
}

/** Opens the connection by which the page receives messages; the returned function closes it. */
export const openMessageStream = (
  address: () => string,
  onMessage: OnMessage,
  onConnectionChange: OnConnectionChange,
): Stop => ('EventSource' in window ? followStream : pollStream)(address, onMessage, onConnectionChange);
