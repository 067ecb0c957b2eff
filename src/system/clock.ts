import { type Instant, instant } from '../domain/time.ts';

/** Real time by this machine's clock. Nothing else reads it. */
export const systemTime = (): Instant => instant(Date.now());
