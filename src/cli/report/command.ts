import { relative, resolve } from 'node:path';
import { controlAddress, controlAt } from '../../control/client.ts';
import { collectSnapshot, NotAllowed } from '../../control/report/collect-snapshot.ts';
import { writeFolder } from '../../control/report/folder.ts';
import type { RenderedReport } from '../../control/report/formats.ts';
import { describeCoverage, isCovered, leaveOut } from '../../control/schema/coverage.ts';
import type { IgnoredSituation } from '../../domain/coverage.ts';
import { BadUsage } from '../../options/bad-usage.ts';
import { getValues } from '../../options/presets.ts';
import { type Read, readOptions } from '../../options/read.ts';
import type { AllRead } from '../../options/table.ts';
import type { ReportSnapshot } from '../../pages/report/snapshot.ts';
import { withoutCredentials } from '../../system/http.ts';
import { describeWriteError } from '../../system/write-error.ts';
import { type Command, EXIT, print, printError, resolveServerUrl } from '../command.ts';
import { publishSummary } from './publish-summary.ts';

interface Credentials {
  readonly user: string;
  readonly password?: string | undefined;
}

/**
 * Creates the report of the simulator at `url`.
 *
 * @param ignored what its coverage does not ask for, besides what the simulator itself leaves out
 * @throws {BadUsage} the simulator rejects these credentials
 */
export async function createReport(
  url: string,
  credentials: Credentials,
  ignored: readonly IgnoredSituation[] = [],
): Promise<RenderedReport> {
  const hasCredentials = new URL(url).username !== '';
  const address = controlAddress(url, hasCredentials ? undefined : credentials);
  return render(
    await collectSnapshot(controlAt(address), withoutCredentials(address)).catch((error) => {
      throw error instanceof NotAllowed ? new BadUsage([error.message]) : error;
    }),
    ignored,
  );
}

/** The code for it is loaded lazily: it is large, and few runs need it. */
async function render(
  snapshot: ReportSnapshot,
  ignored: readonly IgnoredSituation[],
): Promise<RenderedReport> {
  const { renderFiles } = await import('../../control/report/formats.ts');
  return renderFiles({ ...snapshot, coverage: leaveOut(snapshot.coverage, ignored) });
}

/** Merges the reports that earlier runs have written. */
async function createMergedReport(
  { operands, flags }: Pick<Read<'report'>, 'operands' | 'flags'>,
  ignored: readonly IgnoredSituation[],
  cwd: string,
): Promise<RenderedReport> {
  if (operands.length === 0)
    throw new BadUsage(['--merge: no folder given; write --merge DIR..., with the folder of each report']);
  if (flags.target !== undefined)
    throw new BadUsage(['--target: does not go with --merge, which reads no server; leave one of them out']);
  const { mergeReports } = await import('./merge.ts');
  return render(mergeReports(operands, cwd), ignored);
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

/** Whether as many situations were played as wanted; prints that they were not. */
export function hasMinCoverage(
  coverage: Pick<ReportSnapshot['coverage'], 'played' | 'total'>,
  minimum: number | string | undefined,
): boolean {
  if (minimum === undefined || isCovered(coverage, minimum)) return true;
  const { played, total } = coverage;
  printError(
    Number(minimum) > total
      ? `mock-veridas: --min-coverage: ${minimum} is more than the ${total} situations that are asked for; lower it, or give a percentage`
      : `mock-veridas: --min-coverage: ${played} of ${total} situations were played, fewer than ${minimum}; the report says how to play ` +
          'the others: write one with --report DIR, or exclude what does not concern you by coverage-ignore in the config file',
  );
  return false;
}

/** Writes a report of a running simulator, or of earlier reports. */
export const report: Command = async ({ args, env, cwd }) => {
  const read = await readOptions('report', { argv: args, env, cwd });
  const { port, host, target, out, strict, minCoverage, merge, adminUser, adminPassword, ...unread } =
    read.options;
  unread satisfies AllRead;
  const [operand] = read.operands;
  if (operand !== undefined && !merge)
    throw new BadUsage([
      `argument ${args.indexOf(operand) + 1}: is not expected; folders go with --merge, as in report --merge DIR...`,
    ]);
  const ignored = getValues(read.presets.ignored) ?? [];
  const made = merge
    ? await createMergedReport(read, ignored, cwd)
    : await createReport(
        target ?? resolveServerUrl({ port, host }),
        { user: adminUser, password: adminPassword },
        ignored,
      );
  writeReport(made, { flag: '--out', folder: resolve(cwd, out), cwd, printLine: print });
  print(describeCoverage(made.coverage));
  publishSummary(env, made.files['summary.md'], (line) => printError(`mock-veridas: ${line}`));
  const isPlayed = hasMinCoverage(made.coverage, minCoverage);
  return !isPlayed || (strict && made.findings > 0) ? EXIT.checkFailed : EXIT.good;
};
