import { type Instant, instant } from '../domain/time.ts';

// Captured at load time: fake timers of a test replace `Date` later.
const { now } = Date;

/** Real time of this machine. Nothing else reads it. */
export const systemTime = (): Instant => instant(now());
