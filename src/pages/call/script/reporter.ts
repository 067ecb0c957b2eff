import type { Diagnostics } from '../../../domain/presence.ts';
import { ANSWER_LIMIT_MS, RETRY_MS } from '../../wire.ts';
import type { PageReport } from '../messages.ts';

/** Tells the server which events were posted, and once what the page sees, until it has answered. */
export function createReporter(url: string, allAnswered: () => void) {
  /** What is to be posted, and what was. */
  const taken: number[] = [];
  const posted: number[] = [];
  const dropped: number[] = [];
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
    /** It could not be posted, and is not reported. */
    drop: (id: number) => {
      dropped.push(id);
    },
    isDone: (): boolean => posted.length + dropped.length === taken.length && answered === told,
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
