import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { StartedMock } from '../library/index.ts';
import { BadUsage } from '../options/bad-usage.ts';
import { describeWriteError } from '../system/write-error.ts';

/** A JSON file with the simulator's addresses, which exists while the simulator runs. */
export interface ReadyFile {
  /** @throws {BadUsage} the file cannot be written */
  write(mock: StartedMock): void;
  /** Deletes the file, unless another process has replaced it in the meantime. */
  remove(): void;
}

const createWriteError = (error: unknown) => new BadUsage([`--ready-file: ${describeWriteError(error)}`]);

/**
 * Deletes a `file` that an earlier process may have left, so that no client uses its addresses.
 *
 * @throws {BadUsage} it cannot be deleted
 */
export function createReadyFile(file: string | undefined): ReadyFile {
  if (file === undefined) return { write: () => {}, remove: () => {} };
  const draft = `${file}.${process.pid}`;
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    // Root could delete a device such as /dev/null.
    if (found && !found.isFile() && !found.isSymbolicLink()) throw new Error(`${file} is not a file`);
    // Fails early: no client should wait for a file that cannot be written.
    writeFileSync(draft, '');
    rmSync(draft);
    rmSync(file, { force: true });
  } catch (error) {
    throw createWriteError(error);
  }
  return {
    write({ url, browserUrl, adminUrl, https }) {
      try {
        writeFileSync(draft, `${JSON.stringify({ url, browserUrl, adminUrl, https, pid: process.pid })}\n`);
        // A rename makes the complete file appear at once.
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
        // It is gone already, or not readable for us any more.
      }
    },
  };
}
