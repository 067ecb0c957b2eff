import { clearTimeout, setTimeout } from 'node:timers';
import type { Kind, Log, Ref, Store } from '../store/store.ts';

/** A hint may get lost on its way between instances, so that nobody relies on one for longer than this. */
export const POLL_INTERVAL_MS = 1_000;

/** Hints about what `concerns` whoever waits, of which none is missed between two waits. */
export function subscribeToChanges(store: Store, isRelevant: (changed: Ref<Kind | Log>) => boolean) {
  let hasChanged = false;
  let wake = () => {};
  const notify = () => {
    hasChanged = true;
    wake();
  };
  const stop = store.watch((changed) => {
    if (isRelevant(changed)) notify();
  });
  return {
    stop,
    /** Ends the present wait, or the next one, as a hint would. */
    notify,
    /** Resolves at the next hint, and after `patience` milliseconds at the latest. */
    async waitForNext(timeoutMs: number): Promise<void> {
      if (!hasChanged) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(timeoutMs, POLL_INTERVAL_MS));
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
