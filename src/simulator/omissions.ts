import { type Call, callAt } from '../domain/call.ts';
import { isOver } from '../domain/call-state.ts';
import type { Detectors, Finding, RuleId } from '../domain/finding.ts';
import { abbreviateToken, type JournalEntry } from '../domain/journal.ts';
import { getLastOpen, NO_PRESENCE, type Presence } from '../domain/presence.ts';
import { type Instant, type Ms, ms } from '../domain/time.ts';
import { getExpiry, type Token } from '../domain/token.ts';
import { PATHS } from '../guide/oauth.ts';
import type { Store } from '../store/store.ts';
import { nextRound } from '../system/timers.ts';
import { createTimeReader, readTimes } from './decide.ts';
import { presenceRef, toCallId } from './refs.ts';

/** Mistakes of omission are detected when findings are read: no event marks what was not done. */

/** By this time a served page has run its script, and a reloaded one is back. Real time. */
export const PAGE_SETTLE_MS: Ms = ms(10_000);
/** How many records are read at a time: a store may be remote, and others use it too. */
const READ_BATCH_SIZE = 200;
/** Other work is done between so many tokens. */
const SLICE_SIZE = 5_000;
const BURST_SIZE = 20;
const BURST_WINDOW_MS: Ms = ms(60_000);

interface Omission {
  readonly clientId: string;
  readonly seen: string;
  readonly at: Instant;
}

/** A call with its presence and the virtual time of its client. */
interface CallNow {
  readonly call: Call;
  readonly presence: Presence;
  readonly now: Instant;
  readonly realTime: Instant;
}

/** The records of a client, or of all, each read once. */
interface ClientData {
  readonly tokens: readonly Token[];
  readonly calls: readonly CallNow[];
  readonly journal: readonly JournalEntry[];
  /** The virtual time of a client. */
  readonly readTime: (clientId: string) => Promise<Instant>;
}

async function findUnusedTokens({ tokens, journal, readTime }: ClientData): Promise<Omission[]> {
  const unused: Omission[] = [];
  // A token was used even when the call was refused for another reason.
  const tried = new Set(journal.map(({ query }) => query.access_token));
  for (const [index, token] of tokens.entries()) {
    if (index % SLICE_SIZE === 0) await nextRound();
    const { accessToken, clientId, calls, revokedAt } = token;
    const expiresAt = getExpiry(token);
    if (
      tried.has(abbreviateToken(accessToken)) ||
      calls.length > 0 ||
      revokedAt !== undefined ||
      expiresAt > (await readTime(clientId))
    )
      continue;
    unused.push({ clientId, seen: 'no call before the token expired', at: expiresAt });
  }
  return unused;
}

/** The pages of a call without a stream, and with or without a report of their script. */
function findSilentPages({ call, presence, now, realTime }: CallNow, hasReport: boolean): Omission[] {
  const pages = Object.values(presence.pages);
  // Frameworks remount iframes: the newest page counts for those before it.
  if (pages.some(({ stream }) => stream !== undefined)) return [];
  const seen = hasReport
    ? 'GET /call and a report of the script, but no GET /call/events'
    : 'GET /call, then nothing from the script';
  return pages
    .filter(
      ({ servedAt, diagnostics }) =>
        servedAt + PAGE_SETTLE_MS <= realTime && (diagnostics !== undefined) === hasReport,
    )
    .map(() => ({ clientId: call.clientId, seen, at: now }));
}

function abandonment({ call, presence, now, realTime }: CallNow): Omission[] {
  const lastOpen = getLastOpen(presence);
  const isLeft = lastOpen !== undefined && lastOpen + PAGE_SETTLE_MS <= realTime;
  const { state } = callAt(call, now);
  return isLeft && !isOver(state) ? [{ clientId: call.clientId, seen: `in state ${state}`, at: now }] : [];
}

function findBursts({ tokens, journal }: ClientData): Omission[] {
  const users = new Set(tokens.filter(({ calls }) => calls.length > 0).map((token) => token.clientId));
  const issued = journal.filter(
    (entry) => entry.path === PATHS.token && entry.status === 200 && !users.has(entry.clientId),
  );
  const found = new Map<string, Omission>();
  for (const [index, { clientId: owner, from, at, receivedAt }] of issued.entries()) {
    const others = issued
      .slice(Math.max(0, index - 10 * BURST_SIZE), index)
      .filter(
        (one) => one.clientId === owner && one.from === from && one.receivedAt + BURST_WINDOW_MS > receivedAt,
      );
    if (others.length + 1 < BURST_SIZE || found.has(owner)) continue;
    found.set(owner, { clientId: owner, seen: `from ${from}`, at });
  }
  return [...found.values()];
}

type Detect = (kept: ClientData) => Omission[] | Promise<Omission[]>;

const IN_RECORDS: Detectors<'records', Detect> = {
  'token-never-used': findUnusedTokens,
  'token-burst': findBursts,
  'page-never-checked-in': ({ calls }) => calls.flatMap((call) => findSilentPages(call, false)),
  'stream-blocked': ({ calls }) => calls.flatMap((call) => findSilentPages(call, true)),
  'call-abandoned': ({ calls }) => calls.flatMap(abandonment),
};

async function readCalls(store: Store, clientId: string | undefined): Promise<CallNow[]> {
  const all = (await store.list('call', clientId)).map(({ value }) => value);
  const calls: CallNow[] = [];
  for (let first = 0; first < all.length; first += READ_BATCH_SIZE) {
    const some = all.slice(first, first + READ_BATCH_SIZE);
    const { realTime, found } = await store.read(...some.map((call) => presenceRef(toCallId(call))));
    const times = await readTimes(
      store,
      some.map(({ clientId }) => clientId),
    );
    for (const [place, call] of some.entries()) {
      const presence = found[place]?.value ?? NO_PRESENCE;
      calls.push({ call, presence, now: times.get(call.clientId) as Instant, realTime });
    }
    await nextRound();
  }
  return calls;
}

/** Every mistake of omission of a client, or of all. */
export async function findOmissions(store: Store, clientId?: string): Promise<Finding[]> {
  const readTime = createTimeReader(store);
  const journal: JournalEntry[] = [];
  for await (const some of store.entries('journal', { owner: clientId }))
    journal.push(...some.map(({ value }) => value));
  const data: ClientData = {
    tokens: (await store.list('token', clientId)).map(({ value }) => value),
    calls: await readCalls(store, clientId),
    journal,
    readTime,
  };
  const findings = new Map<string, Finding>();
  for (const [rule, detect] of Object.entries(IN_RECORDS) as [RuleId, Detect][]) {
    for (const { at, ...omission } of await detect(data)) {
      const key = `${rule} ${omission.clientId} ${omission.seen}`;
      const { firstAt = at, times = 0 } = findings.get(key) ?? {};
      findings.set(key, { rule, ...omission, firstAt, lastAt: at, times: times + 1 });
    }
  }
  return [...findings.values()];
}
