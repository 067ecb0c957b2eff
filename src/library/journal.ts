import type { CallState } from '../domain/call.ts';
import { describeSeen, type RuleId } from '../domain/finding.ts';
import type { Call, SaidEvent } from './call.ts';
import { toSnakeCase } from './camel-case.ts';
import { type Duration, toWrittenDuration } from './duration.ts';
import type { Scope } from './scope.ts';

/** A request to the imitated service, what was answered, and why it was refused. Times are ISO 8601. */
export interface JournalEntry {
  id: number;
  clientId: string | null;
  /** In virtual time. */
  at: string;
  /** In real time. */
  receivedAt: string;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  form: Record<string, string> | null;
  /** The address that it came from. */
  from: string;
  /** Null where the connection was cut off or left hanging. */
  status: number | null;
  cause: string | null;
  reason: string | null;
  validationId: string | null;
  faultId: string | null;
}

/** Which requests are meant: by `method`, `path`, `status`, `validationId`, and `after` the one with this id. */
export interface JournalFilter {
  method?: string;
  /** Without its query, as in `/o/token/`. */
  path?: string;
  status?: number;
  validationId?: string;
  after?: number;
}

/** A mistake of the integration that was seen, with the section of the guide and how to fix it. */
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

/** An event with the call that has said it. */
export interface CallEvent extends SaidEvent {
  clientId: string;
  validationId: string;
  n: number;
}

/**
 * What was asked of the imitated service and what came of it.
 *
 * @example
 * const [first] = await mock.journal.list({ path: '/o/token/', status: 200 });
 * console.log(first?.form?.grant_type); // client_credentials
 * console.log(await mock.journal.count({ validationId: 'val-1' })); // 1
 */
export interface Journal {
  /** The oldest first. */
  list(filter?: JournalFilter): Promise<JournalEntry[]>;
  count(filter?: JournalFilter): Promise<number>;
}

/** What can be waited for: an event by its code, a request, or the state of a call. */
export type Goal =
  | { event: string }
  | { request: { method?: string; path?: string; status?: number } }
  | { callState: CallState };

/** Of what that is expected, and for how long in real time: by default 5 s, and no longer than 10 min. */
export interface Patience {
  validationId?: string;
  /** The number of a call. */
  n?: number;
  /** The id of a request. */
  after?: number;
  readonly timeout?: Duration;
}

/** What was waited for. */
export type Met<G extends Goal> = G extends { event: string }
  ? CallEvent
  : G extends { callState: string }
    ? Call
    : JournalEntry;

/** Everything in a query is text. */
const toQuery = (filter: JournalFilter): Record<string, string> =>
  Object.fromEntries(
    Object.entries(toSnakeCase(filter) as object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  );

/**
 * The journal of a client, or of all.
 *
 * @internal
 */
export const createJournal = ({ control, client }: Scope): Journal => ({
  list: async (filter = {}) =>
    (await control.ask('GET /requests', { query: { ...client, ...toQuery(filter) } })).items,
  count: async (filter = {}) =>
    (await control.ask('GET /requests/count', { query: { ...client, ...toQuery(filter) } })).count,
});

/**
 * Waits in the name of a client, or of all.
 *
 * @internal
 */
export const createWaitFor =
  ({ control, client: query }: Scope) =>
  async <const G extends Goal>(goal: G, { timeout, ...where }: Patience = {}): Promise<Met<G>> => {
    const body = {
      for: goal,
      ...where,
      ...(timeout !== undefined && { timeout: toWrittenDuration(timeout) }),
    };
    const { event, request, call } = await control.ask('POST /wait', { query, body });
    return (event ?? request ?? call) as Met<G>;
  };

/** A mistake as it is told to people, with how to fix it. */
export function describeFinding(finding: Finding): string {
  const { rule, severity, guide, title, fix } = finding;
  return `${severity}: ${title} (${rule}, guide ${guide})\n  ${describeSeen(finding)}\n  fix: ${fix}`;
}
