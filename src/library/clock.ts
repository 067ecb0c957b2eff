import { type Duration, toWrittenDuration } from './duration.ts';
import type { Scope } from './scope.ts';

/** The current virtual time. */
export interface ClockReading {
  /** ISO 8601. */
  now: string;
  frozen: boolean;
  /** How many milliseconds virtual time is ahead of real time. */
  offsetMs: number;
}

/** Virtual time. Every change resolves once everything that fell due was pushed to the open pages. */
export interface Clock {
  /** The current virtual time, in ISO 8601. */
  now(): Promise<string>;
  /** Advances time by milliseconds or a duration such as `1h`. */
  advance(by: Duration): Promise<ClockReading>;
  /** Freezes time, at the given instant or at the current one. */
  freeze(at?: string | Date): Promise<ClockReading>;
  /** Resumes time from where it is. */
  resume(): Promise<ClockReading>;
}

/**
 * The clock of one client, or the default clock that the others follow.
 *
 * @internal
 */
export const createClock = ({ control, client: query }: Scope): Clock => ({
  now: async () => (await control.ask('GET /clock', { query })).now,
  advance: (by) => control.ask('POST /clock/advance', { query, body: { by: toWrittenDuration(by) } }),
  freeze: (at) =>
    control.ask('POST /clock/freeze', {
      query,
      body:
        at === undefined
          ? {}
          : { at: typeof at === 'string' || Number.isNaN(Number(at)) ? String(at) : at.toISOString() },
    }),
  resume: () => control.ask('POST /clock/resume', { query }),
});
