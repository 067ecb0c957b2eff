import type { Finding } from '../domain/finding.ts';
import type { Store } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';
import { clearInterval, setInterval } from '../system/timers.ts';
import { findOmissions, PAGE_SETTLE_MS } from './omissions.ts';

const CHECK_INTERVAL_MS = 1_000;
/** Mistakes of omission follow a change within this time, unless a token expires unused. */
const SETTLE_MS = PAGE_SETTLE_MS + 2 * CHECK_INTERVAL_MS;
const IDLE_INTERVAL_MS = 60_000;

/**
 * Passes mistakes of omission to `onFound` while they become visible, again at every check.
 *
 * @returns `onChange`, to be called when this instance has added a token or call, moved time, or seen a page come or go
 */
export function watchOmissions(
  store: Store,
  onFound: (finding: Finding) => void,
  onError: (error: unknown) => void,
): { onChange(): void; stop(): void } {
  let changedAt = 0;
  let checkedAt: number = systemTime();
  let isChecking = false;

  async function check(): Promise<void> {
    const startedAt = systemTime();
    // A check reads all records, so it waits for a pause between changes.
    const isQuiet = startedAt >= changedAt + CHECK_INTERVAL_MS;
    const isSettling = startedAt < changedAt + SETTLE_MS || checkedAt < changedAt + SETTLE_MS;
    const isDue = (isQuiet && isSettling) || startedAt >= checkedAt + IDLE_INTERVAL_MS;
    if (isChecking || !isDue) return;
    isChecking = true;
    try {
      for (const finding of await findOmissions(store)) onFound(finding);
    } finally {
      isChecking = false;
      checkedAt = startedAt;
    }
  }

  const timer = setInterval(() => check().catch(onError), CHECK_INTERVAL_MS);
  timer.unref();
  return {
    onChange() {
      changedAt = systemTime();
    },
    stop: () => clearInterval(timer),
  };
}
