import { relative, resolve } from 'node:path';
import { controlAddress, controlAt } from '../../control/client.ts';
import { BadUsage } from '../../options/bad-usage.ts';
import { readOptions } from '../../options/read.ts';
import type { AllRead } from '../../options/table.ts';
import { withoutCredentials } from '../../system/http.ts';
import { type Command, describeWriteError, EXIT, print, resolveServerUrl } from '../command.ts';
import { NotAllowed } from './collect-snapshot.ts';
import { writeFolder } from './folder.ts';
import type { RenderedReport } from './formats.ts';

interface Credentials {
  readonly user: string;
  readonly password?: string | undefined;
}

/**
 * Creates the report of the simulator at `url`.
 *
 * @throws {BadUsage} the simulator rejects these credentials
 */
export async function createReport(url: string, credentials: Credentials): Promise<RenderedReport> {
  // Loaded lazily: it is large, and few runs need it.
  const { makeReport } = await import('./formats.ts');
  const hasCredentials = new URL(url).username !== '';
  const address = controlAddress(url, hasCredentials ? undefined : credentials);
  return makeReport(controlAt(address), withoutCredentials(address)).catch((error) => {
    throw error instanceof NotAllowed ? new BadUsage([error.message]) : error;
  });
}

/**
 * Writes a report, and prints its location and summary.
 *
 * @param flag the flag that named the folder
 * @throws {BadUsage} the folder cannot be written to
 */
export function writeReport(
  { files, summary }: RenderedReport,
  {
    flag,
    folder,
    cwd,
    printLine,
  }: { flag: string; folder: string; cwd: string; printLine: (line: string) => void },
): void {
  let written: string[];
  try {
    written = writeFolder(folder, files);
  } catch (error) {
    throw new BadUsage([`${flag}: ${describeWriteError(error)}`]);
  }
  for (const file of written) printLine(`wrote ${relative(cwd, file)}`);
  printLine(summary);
}

/** Writes a report of a running simulator. */
export const report: Command = async ({ args, env, cwd }) => {
  const { options } = readOptions('report', { argv: args, env, cwd });
  const { port, host, target, out, strict, adminUser, adminPassword, ...unread } = options;
  unread satisfies AllRead;
  const credentials = { user: adminUser, password: adminPassword };
  const made = await createReport(target ?? resolveServerUrl({ port, host }), credentials);
  writeReport(made, { flag: '--out', folder: resolve(cwd, out), cwd, printLine: print });
  return strict && made.findings > 0 ? EXIT.checkFailed : EXIT.good;
};
