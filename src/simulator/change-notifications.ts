import { clearTimeout, setTimeout } from 'node:timers';
import type { Kind, Log, Ref, Store } from '../store/store.ts';

/** A hint may get lost on its way between instances, so that nobody relies on one for longer than this. */
export const LONGEST_WITHOUT_A_HINT = 1_000;

/** Hints about what `concerns` whoever waits, of which none is missed between two waits. */
export function hintsAbout(store: Store, concerns: (changed: Ref<Kind | Log>) => boolean) {
  let hinted = false;
  let wake = () => {};
  const hint = () => {
    hinted = true;
    wake();
  };
  const stop = store.watch((changed) => {
    if (concerns(changed)) hint();
  });
  return {
    stop,
    /** Ends the present wait, or the next one, as a hint would. */
    hint,
    /** Resolves at the next hint, and after `patience` milliseconds at the latest. */
    async next(patience: number): Promise<void> {
      if (!hinted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(patience, LONGEST_WITHOUT_A_HINT));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hinted = false;
    },
  };
}
