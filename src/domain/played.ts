import { EVENTS, type EventCode } from '../guide/events.ts';
import { PATHS } from '../guide/oauth.ts';
import type { CallView } from './call.ts';
import { type CallState, isOver } from './call-state.ts';
import { type Client, LIBRARY_USER_AGENT } from './client.ts';
import {
  type IgnoredSituation,
  SITUATIONS,
  type SituationAt,
  type SituationId,
  type Stage,
} from './coverage.ts';
import type { Fault } from './fault.ts';
import type { JournalEntry } from './journal.ts';
import type { EmittedEvent, Post } from './post.ts';
import type { Presence } from './presence.ts';
import { type Instant, type Ms, ms } from './time.ts';

/** Sees which situations something plays, when that is recorded. */

type TokenWay = Extract<SituationId, `token-${'form' | 'multipart'}-${string}`>;

/** What is remembered of a client: the situations that were played, and what the playing of others depends on. */
export type Mark = SituationId | 'token-was-refused' | `${TokenWay}-tried`;

/** The marks of a client, or of all. */
export interface Coverage {
  /** Empty for all clients, also those that were reset or removed since, and for what belongs to none. */
  readonly clientId: string;
  readonly marks: readonly Mark[];
  /** The id of the call whose page checked in last, or of an earlier one once two calls were open at once. */
  readonly lastCall?: string;
}

export const NO_MARKS: readonly Mark[] = [];

type Looks<S extends Stage, Facts> = Readonly<
  Record<SituationAt<S>, (facts: Facts, known: readonly Mark[]) => boolean>
>;

/** Returns a function that lists the situations of a stage that are played now and are not among `known`. */
function createList<S extends Stage, Facts>(looks: Looks<S, Facts>) {
  const all = Object.entries(looks) as [SituationId, Looks<S, Facts>[SituationAt<S>]][];
  return (facts: Facts, known: readonly Mark[]): readonly Mark[] => {
    // Most requests play nothing new, and tests make many.
    let played: Mark[] | undefined;
    for (const [id, isPlayed] of all)
      if (isPlayed(facts, known) && !known.includes(id)) played = [...(played ?? []), id];
    return played ?? NO_MARKS;
  };
}

/** A request to the service, with the fault that hit it and the environment of its client. */
export interface RequestFacts {
  readonly entry: JournalEntry;
  readonly fault: Fault | undefined;
  readonly environment: Client['environment'] | undefined;
  /** It has revoked a token of its client. */
  readonly hasRevoked: boolean;
}

/** Answered with 200, which no fault has spoilt. */
const isAnswered = ({ entry, fault }: RequestFacts): boolean =>
  entry.status === 200 && fault?.kind === undefined;

function getTokenWay({ headers, form }: JournalEntry): TokenWay | undefined {
  if (form === undefined) return undefined;
  const isMultipart = headers['content-type']?.startsWith('multipart/');
  if (headers.authorization?.startsWith('Basic '))
    return isMultipart ? 'token-multipart-basic' : 'token-form-basic';
  if (form.client_id === undefined) return undefined;
  return isMultipart ? 'token-multipart-body' : 'token-form-body';
}

interface TokenFacts extends RequestFacts {
  readonly isIssued: boolean;
  readonly way: TokenWay | undefined;
}

const isIssuedBy = (wanted: TokenWay) => (facts: TokenFacts) => facts.isIssued && facts.way === wanted;

const listInTokenRequest = createList<'token', TokenFacts>({
  'token-form-body': isIssuedBy('token-form-body'),
  'token-form-basic': isIssuedBy('token-form-basic'),
  'token-multipart-body': isIssuedBy('token-multipart-body'),
  'token-multipart-basic': isIssuedBy('token-multipart-basic'),
  'sandbox-client': (facts) => facts.isIssued && facts.environment === 'sandbox',
  'production-client': (facts) => facts.isIssued && facts.environment === 'production',
  'blocked-address': ({ entry }) => entry.cause === 'blocked',
  'token-refused': (facts, known) => facts.isIssued && known.includes('token-was-refused'),
  'token-unavailable': ({ fault }) =>
    fault !== undefined && (fault.kind !== undefined || (fault.status ?? 0) >= 500),
  'token-slow': ({ fault }) => (fault?.latency?.[1] ?? 0) > 0,
  'token-recovered': (facts, known) =>
    facts.isIssued &&
    facts.fault === undefined &&
    (known.includes('token-unavailable') || known.includes('token-slow')),
});

/** Whether it plays nothing new, like most token requests: that must be cheap. */
const isUsual = ({ isIssued, fault, way, environment }: TokenFacts, known: readonly Mark[]): boolean =>
  isIssued &&
  fault === undefined &&
  (way === undefined || known.includes(way)) &&
  known.includes(environment === 'production' ? 'production-client' : 'sandbox-client') &&
  (known.includes('token-refused') || !known.includes('token-was-refused')) &&
  (known.includes('token-recovered') ||
    !(known.includes('token-unavailable') || known.includes('token-slow')));

/** What a token request leaves behind besides situations. */
function listTraces(facts: TokenFacts, known: readonly Mark[]): readonly Mark[] {
  if (facts.isIssued) return NO_MARKS;
  const { status = 0, cause } = facts.entry;
  const traces: Mark[] = facts.way === undefined ? [] : [`${facts.way}-tried`];
  if (status >= 400 && status < 500 && cause !== 'blocked') traces.push('token-was-refused');
  return traces.filter((trace) => !known.includes(trace));
}

const isCausedBy =
  (cause: string) =>
  ({ entry }: RequestFacts): boolean =>
    entry.cause === cause;

const listInCallRequest = createList<'call', RequestFacts>({
  'expired-token': isCausedBy('expired'),
  'used-token': isCausedBy('completed'),
  'revoked-token': isCausedBy('revoked'),
  'unknown-token': isCausedBy('unknown'),
});

const listInRevocation = createList<'revoke', RequestFacts>({
  'token-revoked': (facts) => facts.hasRevoked && isAnswered(facts),
});

/** What a request plays, and what it leaves behind, that is not among `known`. */
export function listInRequest(facts: RequestFacts, known: readonly Mark[]): readonly Mark[] {
  const { method, path, headers } = facts.entry;
  if (method === 'GET' && path === '/call') return listInCallRequest(facts, known);
  // A test that requests a token by the library shows nothing of the backend.
  if (method !== 'POST' || headers['user-agent'] === LIBRARY_USER_AGENT) return NO_MARKS;
  if (path === PATHS.revoke) return listInRevocation(facts, known);
  if (path !== PATHS.token) return NO_MARKS;
  const { entry, fault, environment, hasRevoked } = facts;
  const [isIssued, way] = [isAnswered(facts), getTokenWay(entry)];
  const tokenFacts = { entry, fault, environment, hasRevoked, isIssued, way };
  if (isUsual(tokenFacts, known)) return NO_MARKS;
  const played = listInTokenRequest(tokenFacts, known);
  const traces = listTraces(tokenFacts, known);
  return traces.length === 0 ? played : [...played, ...traces];
}

/** Which situations are asked for, and which of them were played. */
export interface CoverageView {
  readonly asked: readonly { readonly id: SituationId; readonly isPlayed: boolean }[];
  readonly ignored: readonly IgnoredSituation[];
}

const isTokenWay = (id: SituationId): id is TokenWay => /^token-(?:form|multipart)-/.test(id);

/** The situations with these marks. A way of requesting tokens is asked for only if it was tried. */
export function summarizeCoverage(
  marks: readonly Mark[],
  ignored: readonly IgnoredSituation[],
): CoverageView {
  const isAsked = (id: SituationId) =>
    !ignored.some(({ situation }) => situation === id) &&
    (!isTokenWay(id) || marks.includes(id) || marks.includes(`${id}-tried`));
  const asked = (Object.keys(SITUATIONS) as SituationId[]).filter(isAsked);
  return { asked: asked.map((id) => ({ id, isPlayed: marks.includes(id) })), ignored };
}

/** A page that checks in for the first time, and its call. */
export interface CheckIn {
  readonly presence: Presence;
  readonly pageId: string;
  readonly state: CallState;
  /** Another call of the client is open. */
  readonly isSecondCall: boolean;
  readonly realTime: Instant;
}

/** Whether the page follows one of its call that was closed. */
const isReturn = ({ presence: { pages }, pageId, realTime }: CheckIn): boolean =>
  pages[pageId]?.stream === undefined &&
  Object.values(pages).some(({ stream }) => stream !== undefined && stream.openUntil <= realTime);

/** What a page plays by checking in. */
export const listInCheckIn = createList<'check-in', CheckIn>({
  'client-returns-to-waiting-room': (facts) => facts.state === 'waiting-room' && isReturn(facts),
  'client-returns-to-call': (facts) =>
    facts.state !== 'waiting-room' && !isOver(facts.state) && isReturn(facts),
  'two-calls': ({ isSecondCall }) => isSecondCall,
});

const LONG_WAIT_MS: Ms = ms(5 * 60_000);

const isCompleted = ({ event }: EmittedEvent): boolean => event.code === EVENTS.VideocallCompleted.code;

/** What a call plays while a page of it is open. */
export const listInView = createList<'view', CallView>({
  'completed-lost': ({ events }) => events.some((one) => isCompleted(one) && one.delivery === 'drop'),
  'long-wait': ({ waited }) => waited > LONG_WAIT_MS,
  'agent-returns': ({ states }) => states.lastIndexOf('loading') > states.indexOf('loading'),
});

/** The code of a message that the guide has; undefined for any other. */
function getGuideCode({ data, foreign }: Pick<Post, 'data' | 'foreign'>): EventCode | undefined {
  const { type, code } = (data ?? {}) as { readonly type?: unknown; readonly code?: unknown };
  const known = foreign ? undefined : Object.values(EVENTS).find((event) => event.code === code);
  return known?.type === type ? known?.code : undefined;
}

/** The situation that each event is. */
export const EVENT_SITUATIONS: Readonly<Record<EventCode, SituationAt<'event'>>> = {
  VideocallLoading: 'loading-event',
  VideocallInitiated: 'initiated-event',
  VideocallCompleted: 'completed-event',
  VideocallNotFound: 'not-found-event',
  VideocallServerNotOperational: 'server-not-operational-event',
};

/** A message that a page has posted to its parent. */
interface PostFacts {
  readonly post: Post;
  readonly emitted: EmittedEvent | undefined;
  /** What the page had posted before. */
  readonly earlier: readonly Post[];
  readonly tokenExpiresAt: Instant | undefined;
}

const isEnd = (post: Post): boolean => getGuideCode(post) === 'VideocallCompleted';

const listInPost = createList<'post', PostFacts>({
  'completed-twice': ({ post, earlier }) => isEnd(post) && earlier.some(isEnd),
  'completed-late': ({ post, emitted }) => isEnd(post) && emitted?.delivery === 'late',
  'events-out-of-order': ({ post, earlier }) =>
    getGuideCode(post) !== undefined && earlier.some(({ event }) => event > post.event),
  'foreign-message': ({ post }) => post.foreign === true,
  'malformed-message': ({ post }) => post.foreign === undefined && getGuideCode(post) === undefined,
  'call-outlives-token': ({ post, tokenExpiresAt }) =>
    tokenExpiresAt !== undefined && post.at >= tokenExpiresAt,
});

/**
 * What a page plays by posting messages of its call.
 *
 * @param ids of the messages that it has posted so far
 * @param tokenExpiresAt when the token of the page expires or has expired
 */
export function listInPosts(
  { posts, events }: Pick<CallView, 'posts' | 'events'>,
  ids: readonly number[],
  tokenExpiresAt: Instant | undefined,
  known: readonly Mark[],
): Mark[] {
  const posted = posts.filter(({ id }) => ids.includes(id));
  const played = posted.flatMap((post, index) => {
    const code = getGuideCode(post);
    const facts = { post, emitted: events[post.event], earlier: posted.slice(0, index), tokenExpiresAt };
    return [...(code === undefined ? [] : [EVENT_SITUATIONS[code]]), ...listInPost(facts, known)];
  });
  return [...new Set(played)].filter((mark) => !known.includes(mark));
}
