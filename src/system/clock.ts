import { runInNewContext } from 'node:vm';
import { type Instant, instant } from '../domain/time.ts';

// The `Date` of a context that no test has seen: fake timers may replace the global one before this module is loaded.
const { now } = runInNewContext('Date') as DateConstructor;

/** Real time of this machine. Nothing else reads it. */
export const systemTime = (): Instant => instant(now());
