import type { Detection } from '../domain/detection.ts';
import { describeMistake, RULES } from '../domain/finding.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Instant } from '../domain/time.ts';

/** Logs mistakes of the integration while they happen, each once for a client, and not too many in all. */
export interface MistakeLog {
  /** Logs why a request was refused, unless a fault or the test wanted that, and the findings in it. */
  logRequest(entry: JournalEntry, findings: readonly Detection[], isIntended?: boolean): void;
  logFinding(finding: Detection, clientId: string): void;
  /**
   * Logs a request that reached no route.
   *
   * @param reason contains the fix
   */
  logUnreadable(from: string, reason: string): void;
}

/** So many lines at once, and then one a minute. */
const MAX_LINES = 12;
const REFILL_MS = 60_000;
const MAX_KNOWN = 10_000;
const MAX_PATH_LENGTH = 200;

/** Browsers and crawlers ask for these by themselves. */
const UNASKED_PATHS =
  /^\/(?:favicon\.ico|robots\.txt|apple-touch-icon[\w-]*\.png|\.well-known\/appspecific\/.*)$/;

/** Whether the service itself refused the request: no fault did, and no failure of the simulator. */
const isRefusal = ({ path, status, cause, faultId }: JournalEntry): boolean =>
  cause !== undefined ||
  (faultId === undefined &&
    status !== undefined &&
    status >= 400 &&
    status < 500 &&
    !UNASKED_PATHS.test(path));

const endSentence = (text = '') => (/[.?!]$/.test(text) ? text : `${text}.`);

function describeRefusal({ method, path, status, clientId, reason, fix }: JournalEntry): string {
  const result =
    status === undefined ? 'got no answer' : status < 400 ? 'failed' : `was refused with ${status}`;
  const client = clientId === '' ? '' : ` (client ${clientId})`;
  const request = `${method} ${path.slice(0, MAX_PATH_LENGTH)}${client}`;
  return `${request} ${result}: ${endSentence(reason)}${fix === undefined ? '' : ` How to fix: ${endSentence(fix)}`}`;
}

/**
 * @param log writes a line, with fields for programs
 * @param consoleUrl where people see all of them
 * @param readTime real time
 */
export function createMistakeLog(
  log: { warn(fields: object, line: string): void },
  consoleUrl: string,
  readTime: () => Instant,
): MistakeLog {
  const known = new Set<string>();
  let linesLeft = MAX_LINES;
  let refilledAt = readTime();
  let isLimitLogged = false;

  /** Takes one line of those that are left; false when there is none. */
  function takeLine(): boolean {
    const refills = Math.floor((readTime() - refilledAt) / REFILL_MS);
    if (refills !== 0) {
      // The real clock may have been set back.
      linesLeft = Math.min(MAX_LINES, linesLeft + Math.max(0, refills));
      refilledAt = readTime();
    }
    if (linesLeft === MAX_LINES) isLimitLogged = false;
    if (linesLeft === 0) return false;
    linesLeft -= 1;
    return true;
  }

  /** Logs those of `mistakes`, by their keys, that are not known yet, as one line. */
  function logNew(mistakes: ReadonlyMap<string, string>, fields: object): void {
    const news = [...mistakes].filter(([key]) => !known.has(key));
    const lines = news.flatMap(([, line]) => line || []);
    if (lines.length === 0) return;
    if (!takeLine()) {
      if (!isLimitLogged) {
        log.warn(
          { console: consoleUrl },
          `there are more mistakes; the journal has all of them: ${consoleUrl}`,
        );
      }
      isLimitLogged = true;
      return;
    }
    if (known.size > MAX_KNOWN) known.clear();
    for (const [key] of news) known.add(key);
    log.warn({ ...fields, console: consoleUrl }, `${lines.join(' Also: ')} See ${consoleUrl}`);
  }

  const toMistake = ({ rule, seen }: Detection, clientId: string): [key: string, line: string] => [
    JSON.stringify([clientId, rule, seen]),
    describeMistake({ rule, seen, clientId }),
  ];

  return {
    logRequest(entry, findings, isIntended = false) {
      const { method, path, status, clientId, reason, fix } = entry;
      const isMistake = !isIntended && isRefusal(entry);
      if (!isMistake && findings.length === 0) return;
      const mistakes = new Map<string, string>();
      if (isMistake) {
        mistakes.set(JSON.stringify([clientId, path, reason]), describeRefusal(entry));
      }
      for (const finding of findings) {
        const [key, line] = toMistake(finding, clientId);
        // The refusal has said the same.
        mistakes.set(key, RULES[finding.rule].fix === fix ? '' : line);
      }
      logNew(mistakes, { method, path, status, client_id: clientId || null });
    },
    logFinding(finding, clientId) {
      const { rule } = finding;
      logNew(new Map([toMistake(finding, clientId)]), { finding: rule, client_id: clientId || null });
    },
    logUnreadable(from, reason) {
      const line = `request from ${from}: ${endSentence(reason)}`;
      logNew(new Map([[JSON.stringify([from, reason]), line]]), { from });
    },
  };
}
