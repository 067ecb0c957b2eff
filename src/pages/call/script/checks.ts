import type { Diagnostics } from '../../../domain/presence.ts';
import { ANSWER_TIMEOUT_MS } from '../../wire.ts';
import type { PageSetup, PortProbe } from '../messages.ts';

/** The result of a check; `open` when it has none yet, or when the browser cannot tell. */
export type Result = 'good' | 'bad' | 'open';

interface Check {
  readonly name: string;
  readonly label: string;
  readonly texts: Record<Result, string>;
}

/** A check whose result the page's diagnostics give; null when the browser cannot tell. */
interface JudgedCheck extends Check {
  readonly judge: (seen: Diagnostics) => boolean | null;
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

/** What the developer of the page around the frame can do something about. Guide 5.3. */
const DEVELOPER_CHECKS: readonly JudgedCheck[] = [
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

/** A list of checks that shows each with its latest result. */
function createCheckList(list: Element | null) {
  const items: Record<string, HTMLElement> = {};
  return (check: Check, result: Result) => {
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
}

/**
 * The checks of the waiting room: the customer's on the card, the developer's under it. Guide 6.2 applies to the client as
 * well as to the agent.
 */
export function createChecks(texts: PageSetup['texts']) {
  const showToCustomer = createCheckList(document.querySelector('.checks.for-customers'));
  const showToDeveloper = createCheckList(document.querySelector('.checks.for-developers'));
  const showConnection = (result: Result) =>
    showToCustomer({ name: 'connection', label: texts.connection.label, texts: texts.connection }, result);
  showConnection('open');

  return {
    showConnection,
    /** Passes on the page's diagnostics. */
    showDiagnostics: (seen: Diagnostics) => {
      const webRtc = seen.webRtc === undefined ? null : seen.webRtc;
      showToCustomer({ name: 'browser', label: texts.browser.label, texts: texts.browser }, toResult(webRtc));
      DEVELOPER_CHECKS.forEach((check) => {
        showToDeveloper(check, toResult(check.judge(seen)));
      });
    },
    /** Probes the ports of guide 6.2, where a page can. */
    tryPorts: (ports: readonly PortProbe[]) => {
      ports.forEach((port) => {
        const isTried = port.url !== undefined || port.stun !== undefined;
        const show = (result: Result, results: Check['texts']) =>
          showToDeveloper({ name: 'port', label: port.name, texts: results }, result);
        show('open', isTried ? TRIED : REACHED);
        if (port.url !== undefined) probeUrl(port.url, (reached) => show(toResult(reached), REACHED));
        if (port.stun !== undefined) probeStun(port.stun, (result) => show(result, REACHED));
      });
    },
  };
}
