import type { CallState } from '../domain/call.ts';
import type { VideocallEvent } from '../guide/events.ts';
import type { PageReport, PageSetup, StreamMessage } from '../protocol/page.ts';

/*
 * The script of the call page. The server tells the time: the page posts and shows what its stream brings,
 * reports what it has posted, and decides nothing. No timer and no animation frame is used unless something
 * has failed: browsers slow timers down in hidden frames, and test frameworks freeze the page's clock.
 */

/** One message of the stream with the id it came with, as the long-poll answers it. */
interface Received {
  readonly id?: number;
  readonly data: StreamMessage;
}

type Receive = (received: Received) => void;
type Stop = () => void;

const RETRY_MS = 1_000;
/** The server answers a long-poll within 25 s, and a report at once: by then the connection is dead. */
const ANSWER_LIMIT_MS = 40_000;

const isOver = (state: CallState): boolean => state === 'ended' || state === 'error';

function parsed<T>(json: string): T | undefined {
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
  }
}

const withQuery = (url: string, query: string): string =>
  query === '' ? url : `${url}${url.indexOf('?') < 0 ? '?' : '&'}${query}`;

/** Guide 5.5: exactly these three fields. The parent's origin cannot be known, so any may read them. */
function postTo(parent: Window, event: VideocallEvent): void {
  parent.postMessage({ type: event.type, code: event.code, message: event.message }, '*');
}

/** Listens with an EventSource, which reconnects by itself and then names the last id that it has seen. */
function followStream(address: () => string, receive: Receive): Stop {
  let stopped = false;
  let source: EventSource;
  const open = () => {
    if (stopped) return;
    source = new EventSource(address());
    source.onmessage = (message: MessageEvent<string>) => {
      const data = parsed<StreamMessage>(message.data);
      const id = message.lastEventId;
      if (data !== undefined) receive(id === '' ? { data } : { id: Number(id), data });
    };
    // An answer other than an event stream, such as a proxy's 502, ends an EventSource for good.
    source.onerror = () => {
      if (source.readyState === source.CLOSED) window.setTimeout(open, RETRY_MS);
    };
  };
  open();
  return () => {
    stopped = true;
    source.close();
  };
}

/** Listens by long-poll, for Edge before 79, which has no EventSource. Guide 3 names Edge 16. */
function pollStream(address: () => string, receive: Receive): Stop {
  let stopped = false;
  let request: XMLHttpRequest;
  const ask = () => {
    if (stopped) return;
    request = new XMLHttpRequest();
    request.open('GET', withQuery(address(), 'poll=1'));
    request.timeout = ANSWER_LIMIT_MS;
    request.onloadend = answered;
    request.send();
  };
  const answered = () => {
    if (stopped) return;
    const messages = request.status === 200 ? parsed<Received[]>(request.responseText) : undefined;
    if (messages === undefined) {
      window.setTimeout(ask, RETRY_MS);
      return;
    }
    messages.forEach(receive);
    ask();
  };
  ask();
  return () => {
    stopped = true;
    request.abort();
  };
}

/** Tells the server which events were posted, again and again until it has answered. */
function createReporter(url: string, allAnswered: () => void) {
  const posted: number[] = [];
  let answered = 0;
  let sending = false;

  const body = () => JSON.stringify({ posted } satisfies PageReport);
  const send = () => {
    if (sending || answered === posted.length) return;
    sending = true;
    const count = posted.length;
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.timeout = ANSWER_LIMIT_MS;
    request.onloadend = () => {
      sending = false;
      if (request.status < 200 || request.status > 299) {
        window.setTimeout(send, RETRY_MS);
        return;
      }
      answered = count;
      if (answered === posted.length) allAnswered();
      else send();
    };
    // A plain string is sent as text/plain, which needs no preflight, not even from a sandboxed frame.
    request.send(body());
  };

  return {
    has: (id: number): boolean => posted.indexOf(id) >= 0,
    add: (id: number) => {
      posted.push(id);
      send();
    },
    /** The page goes away, and takes a request under way with it. Safari before 11.1 has no sendBeacon. */
    leave: () => {
      if (answered < posted.length && 'sendBeacon' in navigator) navigator.sendBeacon(url, body());
    },
  };
}

/** The client's own picture during the call, which never waits for it: a prompt may stay open. */
function createSelfView(video: HTMLVideoElement | null) {
  let wanted = false;
  let asking = false;
  let camera: MediaStream | undefined;

  const mark = (value: 'on' | 'off') => document.body.setAttribute('data-self-view', value);
  const connect = (stream: MediaStream | null) => {
    if (video !== null) video.srcObject = stream;
    mark(stream === null ? 'off' : 'on');
  };
  const ask = () => {
    // In an insecure page there is no `mediaDevices` at all.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices?.getUserMedia === undefined) {
      mark('off');
      return;
    }
    asking = true;
    devices.getUserMedia({ video: true, audio: true }).then(granted, refused);
  };
  const granted = (stream: MediaStream) => {
    asking = false;
    camera = stream;
    if (wanted) connect(stream);
    else release();
  };
  const refused = () => {
    asking = false;
    mark('off');
  };
  const release = () => {
    if (camera === undefined) return;
    camera.getTracks().forEach((track) => {
      track.stop();
    });
    camera = undefined;
    connect(null);
  };

  return (want: boolean) => {
    if (want === wanted) return;
    wanted = want;
    if (!want) release();
    else if (!asking) ask();
  };
}

function notice(text: 'reset' | 'closing' | undefined): void {
  if (text === undefined) document.body.removeAttribute('data-notice');
  else document.body.setAttribute('data-notice', text);
}

function start(setup: PageSetup): void {
  // Read once and never compared: Cypress rewrites code that compares frames.
  const parent = window.parent;
  const showSelf = createSelfView(document.querySelector<HTMLVideoElement>('#self-view'));
  let lastId: number | undefined;
  let lastWord = false;
  let finished = false;
  let stop: Stop = () => {};

  const finish = () => {
    finished = true;
    stop();
  };
  const reporter = createReporter(setup.reports, () => {
    if (lastWord) finish();
  });
  const show = (state: CallState) => {
    document.body.setAttribute('data-state', state);
    showSelf(state === 'in-call');
  };
  const receive = (received: Received) => {
    if (finished) return;
    const id = received.id;
    const data = received.data;
    if (id !== undefined) lastId = id;
    if ('reset' in data) {
      notice('reset');
      finish();
    } else if ('closing' in data) {
      notice('closing');
    } else {
      notice(undefined);
      if (data.event === undefined) show(data.state);
      else if (id !== undefined && !reporter.has(id)) say(id, data.event, data.state);
    }
  };
  const say = (id: number, event: VideocallEvent, state: CallState) => {
    postTo(parent, event);
    show(state);
    lastWord = isOver(state);
    reporter.add(id);
  };
  // Only the browser's own reconnect names the last id in a header; whatever is opened here says it itself.
  const address = () => withQuery(setup.stream, lastId === undefined ? '' : `after=${lastId}`);
  const listen = () => {
    stop = ('EventSource' in window ? followStream : pollStream)(address, receive);
  };

  // A stream that stays open keeps Firefox from its back-forward cache, and hears nothing in Chrome's.
  window.addEventListener('pagehide', () => {
    stop();
    reporter.leave();
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted && !finished) listen();
  });
  showSelf(document.body.getAttribute('data-state') === 'in-call');
  listen();
}

const setup = parsed<PageSetup>(document.querySelector('#setup')?.textContent ?? '');
if (setup !== undefined) start(setup);
