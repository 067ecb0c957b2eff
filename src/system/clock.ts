import { type Instant, instant } from '../domain/time.ts';

// Taken when this is loaded: fake timers of a test replace `Date` later.
const { now } = Date;

/** Real time by this machine's clock. Nothing else reads it. */
export const systemTime = (): Instant => instant(now());
