import type { CallState } from '../domain/call-state.ts';
import type { SituationId } from '../domain/coverage.ts';
import { describeSeen, type RuleId } from '../domain/finding.ts';
import type { Call, EventRecord } from './call.ts';
import { toSnakeCase } from './camel-case.ts';
import { type Duration, toWrittenDuration } from './duration.ts';
import type { Scope } from './scope.ts';

/** A request to the imitated service, its answer, and why it was refused. Times are ISO 8601. */
export interface JournalEntry {
  id: number;
  clientId: string | null;
  /** Virtual time. */
  at: string;
  /** Real time. */
  receivedAt: string;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  form: Record<string, string> | null;
  /** The client's IP address. */
  from: string;
  /** Null when the connection was reset or left hanging. */
  status: number | null;
  cause: string | null;
  reason: string | null;
  /** How the client can avoid that. */
  fix: string | null;
  validationId: string | null;
  faultId: string | null;
}

/** Selects requests by `method`, `path`, `status` and `validationId`; `after` is the id of an earlier request. */
export interface JournalFilter {
  method?: string;
  /** Without the query, for example `/o/token/`. */
  path?: string;
  status?: number;
  validationId?: string;
  after?: number;
}

/** A mistake of the integration, with the section of the guide and how to fix it. */
export interface Finding {
  rule: RuleId;
  severity: 'error' | 'warning';
  guide: string;
  title: string;
  fix: string;
  clientId: string | null;
  seen: string;
  firstAt: string;
  lastAt: string;
  times: number;
}

/** A situation that the tests of an integration have to try. */
export interface Situation {
  id: SituationId;
  guide: string;
  title: string;
  /** What counts as played. */
  counts: string;
  /** How to play it. */
  play: string;
  /** It has reached the integration, which may have reacted wrongly. */
  played: boolean;
}

/**
 * The situations of the guide, and which of them were played.
 *
 * @example
 * await mock.token();
 * const { played, total, items } = await mock.coverage();
 * console.log(played < total, items.find(({ id }) => id === 'expired-token')?.played); // true false
 */
export interface Coverage {
  /** Those that are asked for. */
  items: Situation[];
  total: number;
  /** How many of them were played. */
  played: number;
  /** Those that the config file excludes. */
  ignored: { id: SituationId; title: string; reason: string }[];
}

/** An event with its call. */
export interface CallEvent extends EventRecord {
  clientId: string;
  validationId: string;
  n: number;
}

/**
 * The requests to the imitated service and their answers.
 *
 * @example
 * const [first] = await mock.journal.list({ path: '/o/token/', status: 200 });
 * console.log(first?.form?.grant_type); // client_credentials
 * console.log(await mock.journal.count({ validationId: 'val-1' })); // 1
 */
export interface Journal {
  /** Oldest first. */
  list(filter?: JournalFilter): Promise<JournalEntry[]>;
  count(filter?: JournalFilter): Promise<number>;
}

/**
 * What to wait for: an event by its code, a request, the state of a call, or its page: `open` once the frame has checked in,
 * `none` once it has gone. Wait for the open page before you act or move the clock.
 */
export type Goal =
  | { event: string }
  | { request: { method?: string; path?: string; status?: number } }
  | { callState: CallState }
  | { page: 'open' | 'none' };

/** Where to look, and how long to wait in real time: 5 s by default, at most 10 min. */
export interface WaitOptions {
  validationId?: string;
  /** The number of the call. */
  n?: number;
  /** Only requests after the one with this id. */
  after?: number;
  readonly timeout?: Duration;
}

/** The result of a wait. */
export type WaitResult<G extends Goal> = G extends { event: string }
  ? CallEvent
  : G extends { callState: string } | { page: string }
    ? Call
    : JournalEntry;

/** Query parameters are all text. */
const toQuery = (filter: JournalFilter): Record<string, string> =>
  Object.fromEntries(
    Object.entries(toSnakeCase(filter) as object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  );

/**
 * The journal of one client, or of all.
 *
 * @internal
 */
export const createJournal = ({ control, client }: Scope): Journal => ({
  list: (filter = {}) => control.askForAll('GET /requests', { ...client, ...toQuery(filter) }),
  count: async (filter = {}) =>
    (await control.ask('GET /requests/count', { query: { ...client, ...toQuery(filter) } })).count,
});

/**
 * Waits on behalf of one client, or of all.
 *
 * @internal
 */
export const createWaitFor =
  ({ control, client: query }: Scope) =>
  async <const G extends Goal>(goal: G, { timeout, ...where }: WaitOptions = {}): Promise<WaitResult<G>> => {
    const body = {
      for: goal,
      ...where,
      ...(timeout !== undefined && { timeout: toWrittenDuration(timeout) }),
    };
    const { event, request, call } = await control.ask('POST /wait', { query, body });
    return (event ?? request ?? call) as WaitResult<G>;
  };

/** A finding as text, with how to fix it. */
export function describeFinding(finding: Finding): string {
  const { rule, severity, guide, title, fix } = finding;
  return `${severity}: ${title} (${rule}, guide ${guide})\n  ${describeSeen(finding)}\n  fix: ${fix}`;
}
