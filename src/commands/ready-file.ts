import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { BadUsage } from '../config/settings.ts';
import type { Mock } from '../index.ts';

/**
 * Lets a file say where the simulator is, while `work` goes on: as JSON, complete from the moment it is there.
 *
 * @throws {BadUsage} the file cannot be written
 */
export async function withReadyFile<T>(
  file: string | undefined,
  mock: Mock,
  work: () => Promise<T>,
): Promise<T> {
  if (file === undefined) return work();
  const { url, browserUrl, adminUrl } = mock;
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, `${JSON.stringify({ url, browserUrl, adminUrl, pid: process.pid })}\n`);
    renameSync(draft, file);
  } catch (error) {
    throw new BadUsage([`--ready-file: ${(error as Error).message}`]);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
