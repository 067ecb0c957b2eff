import type { Kind, Log, Ref, Store } from '../store/store.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';

/** A change notification may get lost between instances, so records are polled at this interval as well. */
const POLL_INTERVAL_MS = 1_000;

/**
 * Subscribes to changes that are relevant, of one client and of all together, or of anyone. A change between two waits ends the
 * next one.
 */
export async function subscribeToChanges(
  store: Store,
  owner: string | undefined,
  isRelevant: (changed: Ref<Kind | Log>) => boolean,
) {
  let hasChanged = false;
  let wake = () => {};
  const notify = () => {
    hasChanged = true;
    wake();
  };
  const stop = await store.watch((changed) => {
    if (changed === undefined || isRelevant(changed)) notify();
  }, owner);
  return {
    stop,
    /** Ends the present wait, or the next one, like a change. */
    notify,
    /** Resolves at the next change, or after `timeoutMs`, or when it is time to poll. */
    async waitForNext(timeoutMs: number, pollIntervalMs = POLL_INTERVAL_MS): Promise<void> {
      if (!hasChanged) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(timeoutMs, pollIntervalMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hasChanged = false;
    },
  };
}
