import type { Ref, Store } from '../store/store.ts';

/** A hint may get lost on its way between instances, so that nobody relies on one for longer than this. */
export const LONGEST_WITHOUT_A_HINT = 1_000;

/** Hints about one record, of which none is missed between two waits. */
export function hintsAbout(store: Store, ref: Ref) {
  let hinted = false;
  let wake = () => {};
  const stop = store.watch(({ kind, id }) => {
    if (kind !== ref.kind || id !== ref.id) return;
    hinted = true;
    wake();
  });
  return {
    stop,
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
