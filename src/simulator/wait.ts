import { type CallView, callAt } from '../domain/call.ts';
import type { CallState } from '../domain/call-state.ts';
import { type JournalFilter, matchesFilter } from '../domain/journal.ts';
import { getLastOpen } from '../domain/presence.ts';
import { type Instant, type Ms, toVirtualTime } from '../domain/time.ts';
import type { Kind, Log, Store } from '../store/store.ts';
import type { CallDetails, createCalls, EventView } from './calls.ts';
import { subscribeToChanges } from './change-notifications.ts';
import { pickClock } from './decide.ts';
import type { createJournal, JournalRecord } from './journal.ts';
import { clockRefs, toCallId } from './refs.ts';

/** What to wait for. */
export type WaitGoal =
  | { readonly event: string }
  | { readonly request: JournalFilter }
  | { readonly callState: CallState }
  | { readonly page: PageGoal };

/** A page of the call is open now, or one was open and none is. */
export type PageGoal = 'open' | 'none';

type CallGoal = Extract<WaitGoal, { event: unknown } | { callState: unknown }>;

/** Where to look; what is left out matches everything. */
export interface WaitScope {
  readonly clientId?: string | undefined;
  readonly validationId?: string | undefined;
  /** The number of the call. */
  readonly n?: number | undefined;
  /** Only requests with a greater id count. */
  readonly after?: number | undefined;
}

/** What was waited for, when it has happened. */
export type WaitResult =
  | { readonly event: EventView }
  | { readonly request: JournalRecord }
  | { readonly call: CallDetails };

/** Checks what is new since the last check. */
interface Probe {
  /** What was waited for, or the time after which to check again without a change. */
  check(): Promise<{ readonly met?: WaitResult; readonly again?: Ms }>;
  /** What has happened instead, oldest first. */
  seen(): readonly string[];
}

const MAX_SEEN = 20;

/** The records and logs that can fulfil a goal. */
const CHANGE_KINDS: Record<'request' | 'call' | 'page', readonly (Kind | Log)[]> = {
  request: ['journal'],
  call: ['call', 'clock'],
  page: ['call', 'presence'],
};

const getGoalKind = (goal: WaitGoal): keyof typeof CHANGE_KINDS =>
  'request' in goal ? 'request' : 'page' in goal ? 'page' : 'call';

const isMet = (goal: CallGoal, { states, events }: CallView): boolean =>
  'event' in goal ? events.some(({ event }) => event.code === goal.event) : states.includes(goal.callState);

/** Waits until something has happened. */
export function createWait(
  store: Store,
  { details }: Pick<ReturnType<typeof createCalls>, 'details'>,
  { list: requests }: Pick<ReturnType<typeof createJournal>, 'list'>,
) {
  function createRequestProbe(filter: JournalFilter, { clientId, validationId, after }: WaitScope): Probe {
    let last = after;
    const seen: string[] = [];
    return {
      seen: () => seen,
      async check() {
        const news = await requests(validationId === undefined ? {} : { validationId }, clientId, last);
        last = news.at(-1)?.id ?? last;
        seen.push(
          ...news
            .slice(-MAX_SEEN)
            .map(({ value: { method, path, status } }) => `${method} ${path} ${status ?? 'unanswered'}`),
        );
        seen.splice(0, seen.length - MAX_SEEN);
        const request = news.find(({ value }) => matchesFilter(value, filter));
        return request === undefined ? {} : { met: { request } };
      },
    };
  }

  const listCalls = async ({ clientId, validationId, n }: WaitScope) =>
    (await store.list('call', clientId)).filter(
      ({ value }) =>
        (validationId === undefined || value.validationId === validationId) &&
        (n === undefined || value.n === n),
    );

  function createPageProbe(goal: PageGoal, scope: WaitScope): Probe {
    let seen: string[] = [];
    return {
      seen: () => seen,
      async check() {
        seen = [];
        const { realTime } = await store.read();
        let again: Ms | undefined;
        for (const { value } of await listCalls(scope)) {
          const call = await details(toCallId(value));
          if (call === undefined) continue;
          const openUntil = getLastOpen(call.presence);
          const page = call.open.length > 0 ? 'open' : openUntil === undefined ? 'served' : 'none';
          if (page === goal) return { met: { call } };
          seen.push(`${value.validationId}: page ${page === 'served' ? 'has not checked in' : page}`);
          // A page whose process has died counts as open for a while, and nothing marks the end of that.
          if (page === 'open' && openUntil !== undefined)
            again = Math.min(again ?? Number.POSITIVE_INFINITY, Math.max(1, openUntil - realTime)) as Ms;
        }
        seen = seen.slice(-MAX_SEEN);
        return again === undefined ? {} : { again };
      },
    };
  }

  /** The last known state of a call: it is checked again when it changes or when its next step is due. */
  interface KnownCall {
    readonly version: number;
    readonly view: CallView;
    readonly label: string;
  }

  function createCallProbe(goal: CallGoal, scope: WaitScope): Probe {
    const known = new Map<string, KnownCall>();

    /** The virtual time of each client, and whether it is frozen. */
    async function readTimes(clientIds: ReadonlySet<string>) {
      const found = new Map<string, { now: Instant; isFrozen: boolean }>();
      for (const id of clientIds) {
        const { realTime, found: clocks } = await store.read(...clockRefs(id));
        const clock = pickClock(...clocks);
        found.set(id, { now: toVirtualTime(clock, realTime), isFrozen: clock.frozenAt !== undefined });
      }
      return found;
    }

    async function findMatch(callId: string): Promise<WaitResult | undefined> {
      const call = await details(callId);
      if (call === undefined || !('event' in goal)) return call && { call };
      const event = call.events.find((one) => one.event.code === goal.event);
      return event && { event };
    }

    return {
      seen: () =>
        [...known.values()]
          .flatMap(({ view, label }) =>
            'event' in goal ? view.events.map(({ event }) => event.code) : `${label}: ${view.state}`,
          )
          .slice(-MAX_SEEN),

      async check() {
        const matchingCalls = await listCalls(scope);
        const clocks = await readTimes(new Set(matchingCalls.map(({ value }) => value.clientId)));
        let again: Ms | undefined;
        for (const { version, value } of matchingCalls) {
          const callId = toCallId(value);
          const clock = clocks.get(value.clientId);
          if (clock === undefined) continue;
          const { now, isFrozen } = clock;
          let one = known.get(callId);
          const isSame = one?.version === version && (one.view.nextAt === undefined || now < one.view.nextAt);
          if (one === undefined || !isSame) {
            one = { version, view: callAt(value, now), label: value.validationId };
            known.set(callId, one);
            const met = isMet(goal, one.view) ? await findMatch(callId) : undefined;
            if (met !== undefined) return { met };
          }
          const { nextAt } = one.view;
          if (nextAt !== undefined && !isFrozen)
            again = Math.min(again ?? Number.POSITIVE_INFINITY, nextAt - now) as Ms;
        }
        return again === undefined ? {} : { again };
      },
    };
  }

  function createProbe(goal: WaitGoal, scope: WaitScope): Probe {
    if ('request' in goal) return createRequestProbe(goal.request, scope);
    return 'page' in goal ? createPageProbe(goal.page, scope) : createCallProbe(goal, scope);
  }

  /**
   * Resolves when what is waited for has happened, now or earlier; after the timeout, with what happened instead.
   *
   * @param timeout real time
   * @param signal ends the wait early
   */
  return async function wait(
    goal: WaitGoal,
    scope: WaitScope,
    timeout: Ms,
    signal: AbortSignal,
  ): Promise<WaitResult | { readonly seen: readonly string[] }> {
    const { clientId } = scope;
    const kinds = CHANGE_KINDS[getGoalKind(goal)];
    const probe = createProbe(goal, scope);
    const changes = await subscribeToChanges(store, clientId, ({ kind }) => kinds.includes(kind));
    signal.addEventListener('abort', changes.notify);
    try {
      const until = (await store.read()).realTime + timeout;
      for (;;) {
        const { met, again } = await probe.check();
        if (met !== undefined) return met;
        const left = until - (await store.read()).realTime;
        if (left <= 0 || signal.aborted) return { seen: probe.seen() };
        await changes.waitForNext(Math.min(left, again ?? left));
      }
    } finally {
      signal.removeEventListener('abort', changes.notify);
      changes.stop();
    }
  };
}
