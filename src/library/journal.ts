import type { Static } from 'typebox';
import type { BodyOf } from '../protocol/control/asked.ts';
import type { EventAnswer } from '../protocol/control/calls.ts';
import type { FindingAnswer, JOURNAL_ROUTES, RequestAnswer } from '../protocol/control/journal.ts';
import type { Call } from './call.ts';
import { type Camel, snake } from './camel.ts';
import { type Duration, written } from './duration.ts';
import type { Scope } from './scope.ts';

/** A request to the imitated service, what was answered, and why it was refused. Times are ISO 8601. */
export type JournalEntry = Camel<RequestAnswer>;
/** Which requests are meant: by `method`, `path`, `status`, `validationId`, and `after` the one with this id. */
export type JournalFilter = Camel<BodyOf<(typeof JOURNAL_ROUTES)['POST /requests/find']>>;
/** A mistake of the integration that was seen, with the section of the guide and how to mend it. */
export type Finding = Camel<FindingAnswer>;
/** An event that a call has said: `at` in virtual time, `pushedAt` and `postedAt` in real time, all ISO 8601. */
export type CallEvent = Camel<Static<typeof EventAnswer>>;

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

type WaitBody = Camel<BodyOf<(typeof JOURNAL_ROUTES)['POST /wait']>>;

/** What can be waited for: an event by its code, a request, or the state of a call. */
export type Goal = WaitBody['for'];

/** Of what that is expected, and for how long in real time: by default 5 s, and no longer than 4 min: `fetch` gives up at five. */
export interface Patience extends Pick<WaitBody, 'validationId' | 'n' | 'after'> {
  readonly timeout?: Duration;
}

/** What was waited for. */
export type Met<G extends Goal> = G extends { event: string }
  ? CallEvent
  : G extends { callState: string }
    ? Call
    : JournalEntry;

/** A filter as it stands in a query, where everything is text. */
const asQuery = (filter: JournalFilter): Record<string, string> =>
  Object.fromEntries(Object.entries(snake(filter) as object).map(([key, value]) => [key, String(value)]));

/** The journal of a client, or of all. */
export const journalOf = ({ control, client: query }: Scope): Journal => ({
  list: async (filter = {}) => (await control.ask('POST /requests/find', { query, body: filter })).items,
  count: async (filter = {}) =>
    (await control.ask('GET /requests/count', { query: { ...query, ...asQuery(filter) } })).count,
});

/** Waits in the name of a client, or of all. */
export const waiting =
  ({ control, client: query }: Scope) =>
  async <const G extends Goal>(goal: G, { timeout, ...where }: Patience = {}): Promise<Met<G>> => {
    const body = { for: goal, ...where, ...(timeout !== undefined && { timeout: written(timeout) }) };
    const { event, request, call } = await control.ask('POST /wait', { query, body });
    return (event ?? request ?? call) as Met<G>;
  };

/** A mistake as it is told to people, with how to mend it. */
export function inWords({ rule, severity, guide, title, mend, seen, times }: Finding): string {
  const often = times === 1 ? 'once' : `${times} times`;
  return `${severity}: ${title} (${rule}, guide ${guide})\n  seen ${often}: ${seen}\n  mend: ${mend}`;
}
