import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { StartedMock } from '../library/index.ts';
import { BadUsage } from '../options/bad-usage.ts';

/** A file that says where the simulator is, as JSON, for as long as it runs. */
export interface ReadyFile {
  /** @throws {BadUsage} the file cannot be written */
  write(mock: StartedMock): void;
  /** Takes the file away, unless another process has written its own in the meantime. */
  remove(): void;
}

const createWriteError = (error: unknown) => new BadUsage([`--ready-file: ${(error as Error).message}`]);

/**
 * Takes away what an earlier process may have left in `file`, so that nobody goes by that.
 *
 * @throws {BadUsage} it cannot be taken away
 */
export function createReadyFile(file: string | undefined): ReadyFile {
  if (file === undefined) return { write: () => {}, remove: () => {} };
  const draft = `${file}.${process.pid}`;
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw createWriteError(error);
  }
  return {
    write({ url, browserUrl, adminUrl, https }) {
      try {
        writeFileSync(draft, `${JSON.stringify({ url, browserUrl, adminUrl, https, pid: process.pid })}\n`);
        // Complete from the moment it is there.
        renameSync(draft, file);
      } catch (error) {
        rmSync(draft, { force: true });
        throw createWriteError(error);
      }
    },
    remove() {
      try {
        if (JSON.parse(readFileSync(file, 'utf8')).pid === process.pid) rmSync(file);
      } catch {
        // It is gone already, or no longer ours to read.
      }
    },
  };
}
