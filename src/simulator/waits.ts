import type { CallState } from '../domain/call.ts';
import { type JournalFilter, matches } from '../domain/journal.ts';
import type { Ms } from '../domain/time.ts';
import type { Kind, Log, Store } from '../store/store.ts';
import type { CallDetails, calls, EventView } from './calls.ts';
import { hintsAbout } from './hints.ts';
import type { Journalled, journal } from './journal.ts';
import { EVERYONE, ownerOf } from './refs.ts';

/** What somebody waits for. */
export type Goal =
  | { readonly event: string }
  | { readonly request: JournalFilter }
  | { readonly callState: CallState };

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

/** What a look has found: what was waited for, or what there is instead and when it is worth to look again. */
interface Look {
  readonly met?: Met | undefined;
  readonly seen: readonly string[];
  readonly again?: Ms | undefined;
}

const MOST_SEEN = 20;

/** Which records and logs can bring what is waited for. */
const HINTED_BY: Record<'request' | 'call', readonly (Kind | Log)[]> = {
  request: ['journal'],
  call: ['call', 'clock'],
};

/** Waiting for what is to happen, in a test or by hand. */
export function waits(
  store: Store,
  { list, events }: Pick<ReturnType<typeof calls>, 'list' | 'events'>,
  { list: requests }: Pick<ReturnType<typeof journal>, 'list'>,
) {
  async function lookForRequest(
    filter: JournalFilter,
    { clientId, validationId, after }: Scope,
  ): Promise<Look> {
    const all = await requests(validationId === undefined ? {} : { validationId }, clientId, after);
    const request = all.find(({ value }) => matches(value, filter));
    return {
      met: request && { request },
      seen: all.map(({ value: { method, path, status } }) => `${method} ${path} ${status ?? 'unanswered'}`),
    };
  }

  async function lookForCall(goal: Exclude<Goal, { request: unknown }>, scope: Scope): Promise<Look> {
    const { clientId, validationId, n } = scope;
    const concerned = (await list(clientId, validationId)).filter(
      ({ call }) => n === undefined || call.n === n,
    );
    const due = concerned.map(({ dueIn }) => dueIn).filter((length) => length !== undefined);
    const again = due.length === 0 ? undefined : (Math.min(...due) as Ms);
    if ('callState' in goal) {
      const call = concerned.findLast(({ view }) => view.states.includes(goal.callState));
      return {
        met: call && { call },
        seen: concerned.map(({ call: one, view }) => `${one.validationId}: ${view.state}`),
        again,
      };
    }
    const said = events(concerned);
    const event = said.find((one) => one.event.code === goal.event);
    return { met: event && { event }, seen: said.map((one) => one.event.code), again };
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
    const kinds = HINTED_BY['request' in goal ? 'request' : 'call'];
    const { clientId } = scope;
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
        const { met, seen, again } =
          'request' in goal ? await lookForRequest(goal.request, scope) : await lookForCall(goal, scope);
        if (met !== undefined) return met;
        const left = until - (await store.read()).realTime;
        if (left <= 0 || signal.aborted) return { seen: seen.slice(-MOST_SEEN) };
        await hints.next(Math.min(left, again ?? left));
      }
    } finally {
      signal.removeEventListener('abort', hints.hint);
      hints.stop();
    }
  };
}
