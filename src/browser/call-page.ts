import type { CallState } from '../domain/call.ts';
import type { Diagnostics } from '../domain/presence.ts';
import type { PagePost, PageReport, PageSetup, StreamMessage } from '../protocol/page.ts';
import { diagnose } from './diagnostics.ts';

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
const FRAME_LIMIT_MS = 5_000;
/** The server answers a long-poll within 25 s, and a report at once: by then the connection is dead. */
const ANSWER_LIMIT_MS = 40_000;

function parsed<T>(json: string): T | undefined {
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
  }
}

/** `url` with a parameter set, in place of the one that it may have. Edge 16 has no URLSearchParams. */
function withParameter(url: string, name: string, value: string | number): string {
  const given = new RegExp(`([?&]${name}=)[^&]*`);
  if (given.test(url)) return url.replace(given, (_, before: string) => `${before}${value}`);
  return `${url}${url.indexOf('?') < 0 ? '?' : '&'}${name}=${value}`;
}

const shown = () => document.body.getAttribute('data-state') as CallState;

/**
 * Posts what it is told to, and calls `done`. The parent's origin cannot be known, so any may read it (guide 5.5).
 * What comes from another origin is posted by a frame of that origin.
 */
function deliver(parent: Window, post: PagePost, done: () => void): void {
  if (post.foreign === undefined) {
    parent.postMessage(post.data, '*');
    done();
    return;
  }
  let waiting = true;
  const once = () => {
    if (waiting) done();
    waiting = false;
  };
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.onload = once;
  // A frame that cannot be reached says so in no browser but Chromium.
  window.setTimeout(once, FRAME_LIMIT_MS);
  frame.src = post.foreign;
  document.body.appendChild(frame);
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

/** Long-poll for Edge before 79, which has no EventSource. It says what is shown, to be told what is not. */
function pollStream(address: () => string, receive: Receive): Stop {
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
    if (messages === undefined) window.setTimeout(ask, RETRY_MS);
    else ask();
  };
  ask();
  return () => {
    stopped = true;
    request.abort();
  };
}

/** Tells the server which events were posted, and once what the page sees, until it has answered. */
function createReporter(url: string, allAnswered: () => void) {
  /** What is to be posted, and what was. */
  const taken: number[] = [];
  const posted: number[] = [];
  let diagnostics: Diagnostics | undefined;
  /** How much there is to tell, and how much of it the server has answered. */
  let told = 0;
  let answered = 0;
  let sending = false;

  const body = () => {
    const report: PageReport = diagnostics === undefined ? { posted } : { posted, diagnostics };
    return JSON.stringify(report);
  };
  const send = () => {
    if (sending || answered === told) return;
    sending = true;
    const count = told;
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.timeout = ANSWER_LIMIT_MS;
    request.onloadend = () => {
      sending = false;
      const refused = request.status < 200 || request.status > 299;
      if (!refused) answered = count;
      if (refused) window.setTimeout(send, RETRY_MS);
      else if (answered === told) allAnswered();
      else send();
    };
    // A plain string is sent as text/plain, which needs no preflight, not even from a sandboxed frame.
    request.send(body());
  };

  return {
    has: (id: number): boolean => taken.indexOf(id) >= 0,
    take: (id: number) => {
      taken.push(id);
    },
    isDone: (): boolean => posted.length === taken.length && answered === told,
    add: (id: number) => {
      posted.push(id);
      told += 1;
      send();
    },
    diagnose: (seen: Diagnostics) => {
      diagnostics = seen;
      told += 1;
      send();
    },
    /** The page goes away, and takes a request under way with it. Safari before 11.1 has no sendBeacon. */
    leave: () => {
      if (answered < told && 'sendBeacon' in navigator) navigator.sendBeacon(url, body());
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

/** Shows the notice of that name, or with '' none. */
const notice = (name: 'reset' | 'closing' | '') => document.body.setAttribute('data-notice', name);

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
  const finishWhenSaid = () => {
    if (lastWord && reporter.isDone()) finish();
  };
  const reporter = createReporter(setup.reports, finishWhenSaid);
  const show = (state: CallState) => {
    document.body.setAttribute('data-state', state);
    showSelf(state === 'in-call');
  };
  const receive = (received: Received) => {
    if (finished) return;
    const id = received.id;
    const data = received.data;
    lastId = id ?? lastId;
    if ('reset' in data) {
      notice('reset');
      finish();
    } else if ('closing' in data) {
      notice('closing');
    } else {
      notice('');
      show(data.state);
      if (data.last === true) lastWord = true;
      if (data.post === undefined) finishWhenSaid();
      else if (id !== undefined && !reporter.has(id)) say(id, data.post);
    }
  };
  /** Posts that wait for the one before them: a frame of another origin takes its time. */
  const queue: (() => void)[] = [];
  const say = (id: number, post: PagePost) => {
    reporter.take(id);
    queue.push(() =>
      deliver(parent, post, () => {
        queue.shift();
        reporter.add(id);
        if (queue[0] !== undefined) queue[0]();
      }),
    );
    if (queue.length === 1 && queue[0] !== undefined) queue[0]();
  };
  // Only the browser's own reconnect names the last id in a header; whatever is opened here says it itself.
  const address = () => (lastId === undefined ? setup.stream : withParameter(setup.stream, 'after', lastId));
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
  showSelf(shown() === 'in-call');
  listen();
  diagnose(parent, reporter.diagnose);
}

const setup = parsed<PageSetup>(document.querySelector('#setup')?.textContent ?? '');
if (setup !== undefined) start(setup);
