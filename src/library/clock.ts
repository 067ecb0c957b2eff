import { type Duration, toWrittenDuration } from './duration.ts';
import type { Scope } from './scope.ts';

/** What time it is. */
export interface ClockReading {
  /** In ISO 8601. */
  now: string;
  frozen: boolean;
  /** How many milliseconds that is ahead of real time. */
  offsetMs: number;
}

/** Virtual time. Whatever changes it is answered when all that fell due was pushed to the open pages. */
export interface Clock {
  /** What time it is, in ISO 8601. */
  now(): Promise<string>;
  /** Moves time forward, by milliseconds or a length such as `1h`. */
  advance(by: Duration): Promise<ClockReading>;
  /** Lets time stand still, at an instant or where it is. */
  freeze(at?: string | Date): Promise<ClockReading>;
  /** Lets time run on from where it is. */
  resume(): Promise<ClockReading>;
}

/**
 * The clock of a client, or the one that all without their own follow.
 *
 * @internal
 */
export const createClock = ({ control, client: query }: Scope): Clock => ({
  now: async () => (await control.ask('GET /clock', { query })).now,
  advance: (by) => control.ask('POST /clock/advance', { query, body: { by: toWrittenDuration(by) } }),
  freeze: (at) =>
    control.ask('POST /clock/freeze', {
      query,
      body: at === undefined ? {} : { at: typeof at === 'string' ? at : at.toISOString() },
    }),
  resume: () => control.ask('POST /clock/resume', { query }),
});
