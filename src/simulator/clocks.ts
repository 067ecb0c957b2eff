import {
  advanced,
  type Clock,
  frozen,
  type Instant,
  isInstant,
  type Ms,
  resumed,
  timeOf,
} from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { Watch } from './call-scheduler.ts';
import { clockOf, decide, put } from './decide.ts';
import { reachedPages } from './page-catch-up.ts';
import { clockRef, clockRefs, EVERYONE } from './refs.ts';

/** A clock as it was read. */
export interface ClockView {
  readonly now: Instant;
  readonly frozen: boolean;
  /** How far virtual time is ahead of real time, in milliseconds. */
  readonly offsetMs: number;
}

const viewOf = (clock: Clock, realTime: Instant): ClockView => {
  const now = timeOf(clock, realTime);
  return { now, frozen: clock.frozenAt !== undefined, offsetMs: now - realTime };
};

/** Why a clock is not set: to no date at all, or back behind what has happened by it. */
export type ClockRefusal = 'no date' | 'backwards';

/** @param moved called when time was moved, which is waited for */
export function clocks(store: Store, watch: Watch, moved: () => Promise<void>) {
  /** Whether anything has happened by the time of the client, or of anybody. */
  const hasHistory = async (clientId: string | undefined) => (await store.list('token', clientId)).length > 0;

  /** Sets a clock by a rule, and answers when everything that fell due by it has been pushed. */
  async function set(
    clientId: string | undefined,
    rule: (clock: Clock, realTime: Instant) => Clock,
  ): Promise<ClockView | ClockRefusal> {
    const id = clientId ?? EVERYONE;
    const outcome = await decide(store, clockRefs(id), async ({ realTime, found: [own, everyones] }) => {
      const before = clockOf(own, everyones);
      const value = rule(before, realTime);
      const view = viewOf(value, realTime);
      if (!isInstant(view.now)) return { result: 'no date' };
      const since = timeOf(before, realTime);
      if (view.now < since && (await hasHistory(clientId))) return { result: 'backwards' };
      return { changes: [put(clockRef(id), own, id, value)], result: { since, view } };
    });
    if (typeof outcome !== 'object') return outcome;
    await watch.settle(clientId);
    await reachedPages(store, outcome.since, clientId);
    await moved();
    return outcome.view;
  }

  return {
    /** A client's clock, or the one that all follow. */
    async read(clientId?: string): Promise<ClockView> {
      const { realTime, found } = await store.read(...clockRefs(clientId ?? EVERYONE));
      return viewOf(clockOf(...found), realTime);
    },
    /** The clocks that some of `clientIds` have of their own; the others follow the common one. */
    async own(clientIds: readonly string[]): Promise<Map<string, ClockView>> {
      const { realTime, found } = await store.read(...clientIds.map(clockRef));
      return new Map(
        clientIds.flatMap((id, place) => {
          const clock = found[place];
          return clock === undefined ? [] : [[id, viewOf(clock.value, realTime)] as const];
        }),
      );
    },
    /** Moves time forward by `by`; a clock that stands still moves too and stands again. */
    advance: (by: Ms, clientId?: string) => set(clientId, (clock) => advanced(clock, by)),
    /** Lets time stand still, at `at` or now. Nothing that has happened may lie in the future then. */
    freeze: (at?: Instant, clientId?: string) => set(clientId, (clock, real) => frozen(clock, real, at)),
    /** Lets time run on from where it is. */
    resume: (clientId?: string) => set(clientId, resumed),
  };
}
