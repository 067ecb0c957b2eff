import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Editors replace a file in several steps: what happens within this time is one change. */
const SETTLING_MS = 100;

interface FolderListener {
  /** Something may have changed. */
  changed(): void;
  /** Changes are not seen any more, for this reason. */
  failed(code: string): void;
}

/** `folder` and all above it, from the top. */
const pathTo = (folder: string): string[] =>
  dirname(folder) === folder ? [folder] : [...pathTo(dirname(folder)), folder];

/**
 * Watches `folder`, which may be removed and made again, or be replaced by another.
 *
 * @returns ends it
 */
export function watchFolder(folder: string, { changed, failed }: FolderListener): () => void {
  const path = pathTo(folder);
  const watchers: FSWatcher[] = [];
  let settling: NodeJS.Timeout | undefined;
  let failure: string | undefined;

  function stirred(): void {
    settling ??= setTimeout(() => {
      settling = undefined;
      arm();
      changed();
    }, SETTLING_MS);
  }

  /** Listens at `place`; where it leads on to `next`, only that matters. Answers why it cannot be. */
  function listen(place: string, next: string | undefined): string | undefined {
    // A folder that is removed or renamed says so by its own name.
    const names = next === undefined ? undefined : [basename(next), basename(place)];
    try {
      const watcher = watch(place, (_, name) => {
        if (names === undefined || name === null || names.includes(name)) stirred();
      });
      watchers.push(watcher.on('error', stirred));
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  /** A watcher is lost with its folder, even when another takes its place: so all are set up anew. */
  function arm(): void {
    for (const watcher of watchers.splice(0)) watcher.close();
    let last: string | undefined;
    // From the top, so that none is made unseen between two looks.
    for (const [index, place] of path.entries()) {
      if (!existsSync(place)) break;
      last = listen(place, path[index + 1]);
    }
    // Gone in this moment: that is seen from above.
    const now = last === 'ENOENT' ? undefined : last;
    if (now !== undefined && now !== failure) failed(now);
    failure = now;
  }

  arm();
  return () => {
    clearTimeout(settling);
    for (const watcher of watchers) watcher.close();
  };
}
