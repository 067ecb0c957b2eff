import type { Diagnostics } from '../../../domain/presence.ts';
import { ANSWER_TIMEOUT_MS, RETRY_DELAY_MS } from '../../wire.ts';
import type { PageReport } from '../messages.ts';

/** Reports to the server which events were posted, and once the diagnostics, until the server has acknowledged them. */
export function createReporter(url: string, onAllReported: () => void) {
  /** The state of a post. */
  const taken: number[] = [];
  const posted: number[] = [];
  const dropped: number[] = [];
  let diagnostics: Diagnostics | undefined;
  /** How much there is to report, and how much of it the server has acknowledged. */
  let changeCount = 0;
  let reportedCount = 0;
  let isSending = false;

  const formatReport = () => {
    const report: PageReport = diagnostics === undefined ? { posted } : { posted, diagnostics };
    return JSON.stringify(report);
  };
  const send = () => {
    if (isSending || reportedCount === changeCount) return;
    isSending = true;
    const count = changeCount;
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.timeout = ANSWER_TIMEOUT_MS;
    request.onloadend = () => {
      isSending = false;
      const refused = request.status < 200 || request.status > 299;
      if (!refused) reportedCount = count;
      if (refused) window.setTimeout(send, RETRY_DELAY_MS);
      else if (reportedCount === changeCount) onAllReported();
      else send();
    };
    // A plain string is sent as text/plain, which needs no preflight, not even from a sandboxed frame.
    request.send(formatReport());
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
    isDone: (): boolean => posted.length + dropped.length === taken.length && reportedCount === changeCount,
    add: (id: number) => {
      posted.push(id);
      changeCount += 1;
      send();
    },
    diagnose: (seen: Diagnostics) => {
      diagnostics = seen;
      changeCount += 1;
      send();
    },
    /** Leaving the page cancels a pending request. Safari before 11.1 has no sendBeacon. */
    flush: () => {
      if (reportedCount < changeCount && 'sendBeacon' in navigator) navigator.sendBeacon(url, formatReport());
    },
  };
}
