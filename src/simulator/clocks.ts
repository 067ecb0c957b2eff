import { advanced, type Clock, frozen, type Instant, type Ms, resumed, timeOf } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { clockOf, decide, put } from './decide.ts';
import { clockRefs, EVERYONE } from './refs.ts';
import type { Watch } from './watch.ts';

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

export function clocks(store: Store, watch: Watch) {
  /** Sets a clock by a rule, and answers when everything that fell due by it has been pushed. */
  async function set(
    clientId: string | undefined,
    rule: (clock: Clock, realTime: Instant) => Clock,
  ): Promise<ClockView> {
    const id = clientId ?? EVERYONE;
    const view = await decide(store, clockRefs(id), ({ realTime, found: [own, everyones] }) => {
      const value = rule(clockOf(own, everyones), realTime);
      return {
        changes: [put({ kind: 'clock', id }, own, id, value)],
        result: viewOf(value, realTime),
      };
    });
    await watch.settle(clientId);
    return view;
  }

  return {
    /** A client's clock, or the one that all follow. */
    async read(clientId?: string): Promise<ClockView> {
      const { realTime, found } = await store.read(...clockRefs(clientId ?? EVERYONE));
      return viewOf(clockOf(...found), realTime);
    },
    /** Moves time forward by `by`; a clock that stands still moves too and stands again. */
    advance: (by: Ms, clientId?: string) => set(clientId, (clock) => advanced(clock, by)),
    /** Lets time stand still, at `at` or now. */
    freeze: (at?: Instant, clientId?: string) => set(clientId, (clock, real) => frozen(clock, real, at)),
    /** Lets time run on from where it is. */
    resume: (clientId?: string) => set(clientId, resumed),
  };
}
