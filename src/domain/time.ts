/**
 * Units of time, and the virtual clock. The present instant is always an argument here, so that tests can let an hour pass in
 * a moment.
 */

/** Years 1 to 9999, which RFC 3339 can write, less a margin for computed instants. */
const MIN_INSTANT = -6.21e13;
const MAX_INSTANT = 2.5e14;

declare const unit: unique symbol;

/** A point in virtual time: milliseconds since the Unix epoch. */
export type Instant = number & { readonly [unit]: 'instant' };
/** A duration in milliseconds. */
export type Ms = number & { readonly [unit]: 'ms' };

export const instant = (msSinceEpoch: number): Instant => msSinceEpoch as Instant;
/** Whether a number is an instant that has a date. */
export const isInstant = (number: number): boolean => number >= MIN_INSTANT && number <= MAX_INSTANT;

export const ms = (length: number): Ms => length as Ms;
export const seconds = (length: number): Ms => ms(length * 1000);

export const addMs = (start: Instant, length: Ms): Instant => instant(start + length);
export const earliest = (...instants: Instant[]): Instant => instant(Math.min(...instants));
export const latest = (...instants: Instant[]): Instant => instant(Math.max(...instants));

/** How virtual time follows from real time: by an offset, or frozen at `frozenAt`. */
export interface Clock {
  readonly offset: Ms;
  readonly frozenAt?: Instant;
}

export const REAL_TIME: Clock = { offset: ms(0) };

/** The virtual time of `clock` when real time is `real`. */
export const toVirtualTime = (clock: Clock, real: Instant): Instant =>
  clock.frozenAt ?? addMs(real, clock.offset);

/** `clock` advanced by `by`, which also moves a frozen clock. */
export const advanceClock = (clock: Clock, by: Ms): Clock =>
  clock.frozenAt === undefined
    ? { offset: ms(clock.offset + by) }
    : { offset: clock.offset, frozenAt: addMs(clock.frozenAt, by) };

/** `clock` frozen, at `at` or at its present time. */
export const freezeClock = (
  clock: Clock,
  real: Instant,
  at: Instant = toVirtualTime(clock, real),
): Clock => ({
  offset: clock.offset,
  frozenAt: at,
});

/** `clock` resumed from its present time. */
export const resumeClock = (clock: Clock, real: Instant): Clock => ({
  offset: ms(toVirtualTime(clock, real) - real),
});

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The form of a written duration: a number and `ms`, `s`, `m` or `h`. */
export const DURATION_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/;

/** Parses a duration (`"2s"`, `"1.5h"`); undefined when `text` is not one. */
export function parseDuration(text: string): Ms | undefined {
  const [, number, name] = DURATION_PATTERN.exec(text) ?? [];
  return number === undefined
    ? undefined
    : ms(Math.round(Number(number) * UNITS[name as keyof typeof UNITS]));
}

/** `length` in the largest unit that divides it. */
export function formatDuration(length: Ms): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, one]) => length > 0 && length % one === 0) ?? [
    'ms',
    1,
  ];
  return `${length / size}${unit}`;
}
