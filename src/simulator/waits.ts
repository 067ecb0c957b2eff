import { type CallState, type CallView, callAt } from '../domain/call.ts';
import { type JournalFilter, matches } from '../domain/journal.ts';
import { type Instant, type Ms, timeOf } from '../domain/time.ts';
import type { Kind, Log, Store } from '../store/store.ts';
import type { CallDetails, calls, EventView } from './calls.ts';
import { hintsAbout } from './change-notifications.ts';
import { clockOf } from './decide.ts';
import type { Journalled, journal } from './journal.ts';
import { ownerOf } from './record-kinds.ts';
import { callIdOf, clockRefs, EVERYONE } from './refs.ts';

/** What somebody waits for. */
export type Goal =
  | { readonly event: string }
  | { readonly request: JournalFilter }
  | { readonly callState: CallState };

type CallGoal = Exclude<Goal, { request: unknown }>;

/** Where it is looked for; whatever is left out matches all. */
export interface Scope {
  readonly clientId?: string | undefined;
  readonly validationId?: string | undefined;
  /** The number of the call. */
  readonly n?: number | undefined;
  /** Only requests with a greater id count. */
  readonly after?: number | undefined;
}

/** What was waited for. */
export type Met =
  | { readonly event: EventView }
  | { readonly request: Journalled }
  | { readonly call: CallDetails };

/** Looks once, at what is new since the last time. */
interface Lookout {
  /** What was waited for, or else when it is worth to look again without a hint. */
  look(): Promise<{ readonly met?: Met; readonly again?: Ms }>;
  /** What there is instead, the oldest first. */
  seen(): readonly string[];
}

const MOST_SEEN = 20;

/** Which records and logs can bring what is waited for. */
const HINTED_BY: Record<'request' | 'call', readonly (Kind | Log)[]> = {
  request: ['journal'],
  call: ['call', 'clock'],
};

const isMet = (goal: CallGoal, { states, events }: CallView): boolean =>
  'event' in goal ? events.some(({ event }) => event.code === goal.event) : states.includes(goal.callState);

/** Waiting for what is to happen, in a test or by hand. */
export function waits(
  store: Store,
  { details }: Pick<ReturnType<typeof calls>, 'details'>,
  { list: requests }: Pick<ReturnType<typeof journal>, 'list'>,
) {
  function lookoutForRequest(filter: JournalFilter, { clientId, validationId, after }: Scope): Lookout {
    let last = after;
    const seen: string[] = [];
    return {
      seen: () => seen,
      async look() {
        const news = await requests(validationId === undefined ? {} : { validationId }, clientId, last);
        last = news.at(-1)?.id ?? last;
        seen.push(
          ...news
            .slice(-MOST_SEEN)
            .map(({ value: { method, path, status } }) => `${method} ${path} ${status ?? 'unanswered'}`),
        );
        seen.splice(0, seen.length - MOST_SEEN);
        const request = news.find(({ value }) => matches(value, filter));
        return request === undefined ? {} : { met: { request } };
      },
    };
  }

  /** A call as it was when it was last looked at: until it changes or time has come, it need not be looked at. */
  interface Known {
    readonly version: number;
    readonly view: CallView;
    readonly label: string;
  }

  function lookoutForCall(goal: CallGoal, { clientId, validationId, n }: Scope): Lookout {
    const known = new Map<string, Known>();

    /** Virtual time for each client, and whether it moves. */
    async function times(clientIds: ReadonlySet<string>) {
      const found = new Map<string, { now: Instant; isFrozen: boolean }>();
      for (const id of clientIds) {
        const { realTime, found: clocks } = await store.read(...clockRefs(id));
        const clock = clockOf(...clocks);
        found.set(id, { now: timeOf(clock, realTime), isFrozen: clock.frozenAt !== undefined });
      }
      return found;
    }

    async function metIn(callId: string): Promise<Met | undefined> {
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
          .slice(-MOST_SEEN),

      async look() {
        const concerned = (await store.list('call', clientId)).filter(
          ({ value }) =>
            (validationId === undefined || value.validationId === validationId) &&
            (n === undefined || value.n === n),
        );
        const clocks = await times(new Set(concerned.map(({ value }) => value.clientId)));
        let again: Ms | undefined;
        for (const { version, value } of concerned) {
          const callId = callIdOf(value);
          const clock = clocks.get(value.clientId);
          if (clock === undefined) continue;
          const { now, isFrozen } = clock;
          let one = known.get(callId);
          const isSame = one?.version === version && (one.view.nextAt === undefined || now < one.view.nextAt);
          if (one === undefined || !isSame) {
            one = { version, view: callAt(value, now), label: value.validationId };
            known.set(callId, one);
            const met = isMet(goal, one.view) ? await metIn(callId) : undefined;
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

  /**
   * Resolves when what is waited for has happened, which it may have long ago, or with what was seen instead.
   *
   * @param timeout real time
   * @param signal ends the waiting early
   */
  return async function wait(
    goal: Goal,
    scope: Scope,
    timeout: Ms,
    signal: AbortSignal,
  ): Promise<Met | { readonly seen: readonly string[] }> {
    const { clientId } = scope;
    const kinds = HINTED_BY['request' in goal ? 'request' : 'call'];
    const lookout = 'request' in goal ? lookoutForRequest(goal.request, scope) : lookoutForCall(goal, scope);
    const hints = hintsAbout(
      store,
      (changed) =>
        kinds.includes(changed.kind) &&
        (clientId === undefined || [clientId, EVERYONE].includes(ownerOf(changed))),
    );
    signal.addEventListener('abort', hints.hint);
    try {
      const until = (await store.read()).realTime + timeout;
      for (;;) {
        const { met, again } = await lookout.look();
        if (met !== undefined) return met;
        const left = until - (await store.read()).realTime;
        if (left <= 0 || signal.aborted) return { seen: lookout.seen() };
        await hints.next(Math.min(left, again ?? left));
      }
    } finally {
      signal.removeEventListener('abort', hints.hint);
      hints.stop();
    }
  };
}
