import {
  advanceClock,
  type Clock,
  freezeClock,
  type Instant,
  isInstant,
  type Ms,
  resumeClock,
  toVirtualTime,
} from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { CallScheduler } from './call-scheduler.ts';
import { decide, pickClock, putRecord } from './decide.ts';
import { waitForCheckIns, waitForPages } from './page-catch-up.ts';
import { ALL_CLIENTS, clockRef, clockRefs } from './refs.ts';

/** The present reading of a clock. */
export interface ClockView {
  readonly now: Instant;
  readonly frozen: boolean;
  /** How far virtual time is ahead of real time, in milliseconds. */
  readonly offsetMs: number;
}

const toClockView = (clock: Clock, realTime: Instant): ClockView => {
  const now = toVirtualTime(clock, realTime);
  return { now, frozen: clock.frozenAt !== undefined, offsetMs: now - realTime };
};

/** Why a clock cannot be set: the instant has no date, or lies before recorded history. */
export type ClockRefusal = 'no date' | 'backwards';

/** @param onTimeMoved called, and awaited, after time was moved */
export function createClocks(store: Store, scheduler: CallScheduler, onTimeMoved: () => Promise<void>) {
  /** Whether anything has happened in the client's time, or in anyone's. */
  const hasHistory = async (clientId: string | undefined): Promise<boolean> =>
    (await store.count('token', clientId)) > 0;

  /** Sets a clock by a rule; resolves when everything that fell due has been pushed. */
  async function set(
    clientId: string | undefined,
    rule: (clock: Clock, realTime: Instant) => Clock,
  ): Promise<ClockView | ClockRefusal> {
    const id = clientId ?? ALL_CLIENTS;
    const outcome = await decide(store, clockRefs(id), async ({ realTime, found: [own, everyones] }) => {
      const before = pickClock(own, everyones);
      const value = rule(before, realTime);
      const view = toClockView(value, realTime);
      if (!isInstant(view.now)) return { result: 'no date' };
      const since = toVirtualTime(before, realTime);
      if (view.now < since && (await hasHistory(clientId))) return { result: 'backwards' };
      return { changes: [putRecord(clockRef(id), own, id, value)], result: { since, view } };
    });
    if (typeof outcome !== 'object') return outcome;
    await scheduler.flush(clientId);
    await waitForPages(store, outcome.since, clientId);
    await onTimeMoved();
    return outcome.view;
  }

  return {
    /** A client's clock, or the default one. */
    async read(clientId?: string): Promise<ClockView> {
      const { realTime, found } = await store.read(...clockRefs(clientId ?? ALL_CLIENTS));
      return toClockView(pickClock(...found), realTime);
    },
    /** The clocks that `clientIds` have of their own; the others follow the default clock. */
    async own(clientIds: readonly string[]): Promise<Map<string, ClockView>> {
      const { realTime, found } = await store.read(...clientIds.map(clockRef));
      return new Map(
        clientIds.flatMap((id, place) => {
          const clock = found[place];
          return clock === undefined ? [] : [[id, toClockView(clock.value, realTime)] as const];
        }),
      );
    },
    /**
     * Advances time by `by`; a frozen clock moves too and stays frozen. Pages that were served check in first, because the
     * scripts of their calls start with that.
     */
    async advance(by: Ms, clientId?: string) {
      await waitForCheckIns(store, clientId);
      return set(clientId, (clock) => advanceClock(clock, by));
    },
    /** Freezes time, at `at` or now. Recorded history must not lie in the future then. */
    async freeze(at?: Instant, clientId?: string) {
      if (at !== undefined) await waitForCheckIns(store, clientId);
      return set(clientId, (clock, real) => freezeClock(clock, real, at));
    },
    /** Resumes time from where it is. */
    resume: (clientId?: string) => set(clientId, resumeClock),
  };
}
