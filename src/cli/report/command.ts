import { relative, resolve } from 'node:path';
import { controlAddress, controlAt } from '../../control/client.ts';
import { BadUsage } from '../../options/bad-usage.ts';
import { readOptions } from '../../options/read.ts';
import type { AllRead } from '../../options/table.ts';
import { withoutCredentials } from '../../system/http.ts';
import { type Command, EXIT, print, runningAt } from '../command.ts';
import { writeFolder } from './folder.ts';
import type { Report } from './formats.ts';
import { NotAllowed } from './gather.ts';

interface Credentials {
  readonly user: string;
  readonly password?: string | undefined;
}

/**
 * Makes the report of the simulator at `url`.
 *
 * @throws {BadUsage} it lets nobody in with these credentials
 */
export async function reportOn(url: string, credentials: Credentials): Promise<Report> {
  // What makes it is large, and few runs need it.
  const { makeReport } = await import('./formats.ts');
  const holdsItsOwn = new URL(url).username !== '';
  const address = controlAddress(url, holdsItsOwn ? undefined : credentials);
  return makeReport(controlAt(address), withoutCredentials(address)).catch((error) => {
    throw error instanceof NotAllowed ? new BadUsage([error.message]) : error;
  });
}

/**
 * Writes a report, and tells where it is and what is in it.
 *
 * @param flag what has named the folder
 * @throws {BadUsage} the folder cannot be written to
 */
export function writeReport(
  { files, summary }: Report,
  { flag, folder, cwd, tell }: { flag: string; folder: string; cwd: string; tell: (line: string) => void },
): void {
  let written: string[];
  try {
    written = writeFolder(folder, files);
  } catch (error) {
    throw new BadUsage([`${flag}: ${(error as Error).message}`]);
  }
  for (const file of written) tell(`wrote ${relative(cwd, file)}`);
  tell(summary);
}

/** Writes what a running simulator knows as a report. */
export const report: Command = async ({ args, env, cwd }) => {
  const { options } = readOptions('report', { argv: args, env, cwd });
  const { port, host, target, out, strict, adminUser, adminPassword, ...unread } = options;
  unread satisfies AllRead;
  const credentials = { user: adminUser, password: adminPassword };
  const made = await reportOn(target ?? runningAt({ port, host }), credentials);
  writeReport(made, { flag: '--out', folder: resolve(cwd, out), cwd, tell: print });
  return strict && made.findings > 0 ? EXIT.checkFailed : EXIT.good;
};
