import type { Diagnostics } from '../../../domain/presence.ts';
import { ANSWER_TIMEOUT_MS } from '../../wire.ts';
import type { PortProbe } from '../messages.ts';

/** The result of a check; `open` when it has none yet, or when the browser cannot tell. */
export type Result = 'good' | 'bad' | 'open';

interface Check {
  readonly name: string;
  readonly label: string;
  readonly texts: Record<Result, string>;
  /** Derives the result from the page's diagnostics; without it, something else sets the result. */
  readonly judge?: (seen: Diagnostics) => boolean | null;
}

/** Results are never marked by colour alone. */
const SYMBOLS: Record<Result, string> = { good: '✓', bad: '✕', open: '…' };

const ALLOWED = {
  good: 'allowed by this page',
  bad: 'not allowed by this page',
  open: 'can only be tested in the call',
};
const LOOPBACK = /^stun:(127\.|\[::1\])/;

const REACHED = { good: 'reached', bad: 'not reached', open: 'not tested' };
const TRIED = { good: 'reached', bad: 'not reached', open: 'being tested' };

/** The connection checks before the call. Guide 6.2 and 5.3 apply to the client as well as to the agent. */
const CHECKS: readonly Check[] = [
  {
    name: 'connection',
    label: 'Connection',
    texts: { good: 'works', bad: 'interrupted, reconnecting', open: 'being tested' },
  },
  {
    name: 'secure',
    label: 'Secure page',
    texts: {
      good: 'yes',
      bad: 'no, so your browser blocks the camera',
      open: 'your browser cannot tell',
    },
    judge: (seen) => seen.secureContext,
  },
  { name: 'camera', label: 'Camera', texts: ALLOWED, judge: (seen) => seen.cameraAllowed },
  { name: 'microphone', label: 'Microphone', texts: ALLOWED, judge: (seen) => seen.microphoneAllowed },
  {
    name: 'browser',
    label: 'Browser',
    texts: {
      good: 'can make video calls',
      bad: 'cannot make video calls',
      open: 'can only be tested in the call',
    },
    judge: (seen) => (seen.webRtc === undefined ? null : seen.webRtc),
  },
];

const toResult = (fine: boolean | null): Result => (fine === null ? 'open' : fine ? 'good' : 'bad');

/** Requests a URL, and returns whether there was a response that this page may read. */
function probeUrl(url: string, done: (reached: boolean) => void): void {
  const request = new XMLHttpRequest();
  request.open('GET', url);
  request.timeout = ANSWER_TIMEOUT_MS;
  request.onloadend = () => done(request.status > 0);
  request.send();
}

/**
 * Asks a STUN server for the page's address, and returns whether it has answered. A browser that knows this address already
 * reports no candidate: then it is enough that gathering has ended without an error, if the browser reports errors.
 */
function probeStun(server: string, done: (result: Result) => void): void {
  const Peer = (window as { RTCPeerConnection?: typeof RTCPeerConnection }).RTCPeerConnection;
  if (Peer === undefined) {
    done('open');
    return;
  }
  const peer = new Peer({ iceServers: [{ urls: [server] }] });
  // Firefox does not ask a server on this machine, and reports that as an error.
  const failure = LOOPBACK.test(server) ? 'open' : 'bad';
  let hasFailed = false;
  const end = (result: Result) => {
    peer.onicecandidate = null;
    peer.close();
    done(result);
  };
  peer.onicecandidateerror = () => {
    hasFailed = true;
  };
  peer.onicecandidate = (event) => {
    const candidate = event.candidate;
    if (candidate === null)
      end(hasFailed ? failure : 'onicecandidateerror' in Peer.prototype ? 'good' : 'open');
    else if (candidate.candidate.indexOf(' typ srflx') >= 0) end('good');
  };
  peer.createDataChannel('check');
  peer.createOffer().then(
    (offer) => peer.setLocalDescription(offer),
    () => end('open'),
  );
}

/** The connection check in the waiting room, shown in the given list. */
export function createChecks(list: Element | null) {
  const items: Record<string, HTMLElement> = {};

  const showResult = (check: Check, result: Result) => {
    if (list === null) return;
    let item = items[check.label];
    if (item === undefined) {
      item = document.createElement('li');
      item.setAttribute('data-check', check.name);
      items[check.label] = item;
      list.appendChild(item);
    }
    item.setAttribute('data-result', result);
    const symbol = document.createElement('span');
    symbol.setAttribute('aria-hidden', 'true');
    symbol.textContent = SYMBOLS[result];
    item.textContent = `${check.label}: ${check.texts[result]}`;
    item.insertBefore(symbol, item.firstChild);
  };
  CHECKS.forEach((check) => {
    if (check.judge === undefined) showResult(check, 'open');
  });

  return {
    showConnection: (result: Result) => {
      CHECKS.forEach((check) => {
        if (check.name === 'connection') showResult(check, result);
      });
    },
    /** Passes on the page's diagnostics. */
    showDiagnostics: (seen: Diagnostics) => {
      CHECKS.forEach((check) => {
        if (check.judge !== undefined) showResult(check, toResult(check.judge(seen)));
      });
    },
    /** Probes the ports of guide 6.2, where a page can. */
    tryPorts: (ports: readonly PortProbe[]) => {
      ports.forEach((port) => {
        const isTried = port.url !== undefined || port.stun !== undefined;
        const check = { name: 'port', label: port.name, texts: isTried ? TRIED : REACHED };
        showResult(check, 'open');
        if (port.url !== undefined) probeUrl(port.url, (reached) => showResult(check, toResult(reached)));
        if (port.stun !== undefined)
          probeStun(port.stun, (result) =>
            showResult({ name: 'port', label: port.name, texts: REACHED }, result),
          );
      });
    },
  };
}
