import { type Call, callAt, isOver } from '../domain/call.ts';
import type { Finding, RuleId } from '../domain/finding.ts';
import { type JournalEntry, tailOf } from '../domain/journal.ts';
import { NOBODY, openPages, type Presence } from '../domain/presence.ts';
import { type Instant, type Ms, ms } from '../domain/time.ts';
import { expiryOf, type Token } from '../domain/token.ts';
import { PATHS } from '../guide/oauth.ts';
import type { Store } from '../store/store.ts';
import { timesFor } from './decide.ts';
import { callIdOf, presenceRef } from './refs.ts';

/** What was not done shows only when it is asked for: nothing happens by which it could be noted. */

/** A page that was served has run its script by then, and one that was left comes back. Real time. */
const LONG_AFTER: Ms = ms(10_000);
/** A store may be far away, and be asked by others meanwhile. */
const READ_AT_ONCE = 200;
const BURST = 20;
const BURST_WITHIN: Ms = ms(60_000);

interface Omission {
  readonly rule: RuleId;
  readonly clientId: string;
  readonly seen: string;
  readonly at: Instant;
}

/** What is kept of a client, or of all, each read once. */
interface Kept {
  readonly store: Store;
  readonly tokens: readonly Token[];
  readonly calls: readonly Call[];
  readonly journal: readonly JournalEntry[];
  /** What time it is for a client. */
  readonly timeOf: (clientId: string) => Promise<Instant>;
}

async function unusedTokens({ tokens, journal, timeOf }: Kept): Promise<Omission[]> {
  const omissions: Omission[] = [];
  // A token that was turned away for another reason than itself was used for all that.
  const tried = new Set(journal.map(({ query }) => query.access_token));
  for (const token of tokens) {
    const { accessToken, clientId: owner, calls, revokedAt } = token;
    const expiresAt = expiryOf(token);
    if (
      tried.has(tailOf(accessToken)) ||
      calls.length > 0 ||
      revokedAt !== undefined ||
      expiresAt > (await timeOf(owner))
    )
      continue;
    omissions.push({
      rule: 'token-never-used',
      clientId: owner,
      seen: 'no call within the hour',
      at: expiresAt,
    });
  }
  return omissions;
}

/** What shows in a call and in who has looked at it. */
function leftIn(call: Call, presence: Presence, now: Instant, realTime: Instant): Omission[] {
  const pages = Object.values(presence.pages);
  const of = { clientId: call.clientId, at: now };
  // One that was put in anew, as frameworks do, speaks for those before it.
  const isHeard = pages.some(({ stream }) => stream !== undefined);
  const silent = isHeard ? [] : pages.filter(({ servedAt }) => servedAt + LONG_AFTER <= realTime);
  const unheard = silent.map(() => ({
    ...of,
    rule: 'page-never-checked-in' as const,
    seen: 'GET /call, and nothing more',
  }));
  const lastOpen = Math.max(...pages.map(({ stream }) => stream?.openUntil ?? 0));
  const isLeft =
    openPages(presence, realTime).length === 0 && lastOpen > 0 && lastOpen + LONG_AFTER <= realTime;
  const { state } = callAt(call, now);
  return isLeft && !isOver(state)
    ? [...unheard, { ...of, rule: 'call-abandoned', seen: `in state ${state}` }]
    : unheard;
}

async function leftCalls({ store, calls, timeOf }: Kept): Promise<Omission[]> {
  const omissions: Omission[] = [];
  for (let first = 0; first < calls.length; first += READ_AT_ONCE) {
    const some = calls.slice(first, first + READ_AT_ONCE);
    const { realTime, found } = await store.read(...some.map((call) => presenceRef(callIdOf(call))));
    for (const [place, call] of some.entries()) {
      const now = await timeOf(call.clientId);
      omissions.push(...leftIn(call, found[place]?.value ?? NOBODY, now, realTime));
    }
  }
  return omissions;
}

function bursts({ tokens, journal }: Kept): Omission[] {
  const users = new Set(tokens.filter(({ calls }) => calls.length > 0).map((token) => token.clientId));
  const issued = journal.filter(
    (entry) => entry.path === PATHS.token && entry.status === 200 && !users.has(entry.clientId),
  );
  const found = new Map<string, Omission>();
  for (const [index, { clientId: owner, from, at, receivedAt }] of issued.entries()) {
    const others = issued
      .slice(Math.max(0, index - 10 * BURST), index)
      .filter(
        (one) => one.clientId === owner && one.from === from && one.receivedAt + BURST_WITHIN > receivedAt,
      );
    if (others.length + 1 < BURST || found.has(owner)) continue;
    found.set(owner, { rule: 'token-burst', clientId: owner, seen: `from ${from}`, at });
  }
  return [...found.values()];
}

/** Every mistake of a client, or of all, that lies in what was not done. */
export async function omissions(store: Store, clientId?: string): Promise<Finding[]> {
  const kept: Kept = {
    store,
    tokens: (await store.list('token', clientId)).map(({ value }) => value),
    calls: (await store.list('call', clientId)).map(({ value }) => value),
    journal: (await store.entries('journal', clientId)).map(({ value }) => value),
    timeOf: timesFor(store),
  };
  const all = [...(await unusedTokens(kept)), ...(await leftCalls(kept)), ...bursts(kept)];
  const findings = new Map<string, Finding>();
  for (const { at, ...omission } of all) {
    const key = JSON.stringify(omission);
    const { firstAt = at, times = 0 } = findings.get(key) ?? {};
    findings.set(key, { ...omission, firstAt, lastAt: at, times: times + 1 });
  }
  return [...findings.values()];
}
