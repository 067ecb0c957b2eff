import { resolve } from 'node:path';
import { controlAddress, controlAt } from '../control/client.ts';
import { collectSnapshot } from '../control/report/collect-snapshot.ts';
import { prepareFolder, writeFolder } from '../control/report/folder.ts';
import { renderFiles } from '../control/report/formats.ts';
import { leaveOut } from '../control/schema/coverage.ts';
import type { IgnoredSituation } from '../domain/coverage.ts';
import { fromConfigFile } from '../options/file.ts';
import { getValues } from '../options/presets.ts';
import { describeWriteError } from '../system/write-error.ts';
import { MockError } from './error.ts';
import type { StartedMock } from './launch-mock.ts';

/**
 * What the config file in the working directory leaves out of coverage; nothing else in it concerns a worker.
 *
 * @throws {MockError} of code `invalid`
 */
async function readIgnored(): Promise<readonly IgnoredSituation[]> {
  const { presets, problems } = await fromConfigFile(process.cwd(), undefined);
  if (problems.length > 0) throw new MockError('invalid', `videocallReport: ${problems.join('; ')}`);
  return getValues(presets?.ignored ?? []) ?? [];
}

const toReportError = (error: unknown) =>
  new MockError('invalid', `videocallReport: ${describeWriteError(error)}`);

/**
 * Checks that the report of a worker can be written to a folder of its own in `folder`, and deletes that of an earlier run.
 *
 * @returns a function that writes it
 * @throws {MockError} of code `invalid`: the config file is invalid, or, also by that function, it cannot be written there
 */
export async function prepareWorkerReport(
  folder: string,
  worker: string,
): Promise<(mock: StartedMock) => Promise<void>> {
  if (typeof folder !== 'string' || folder === '')
    throw new MockError('invalid', `videocallReport: ${JSON.stringify(folder)} is not a folder`, {
      hint: "give the path of one, for example 'reports/videocall'",
    });
  // Resolved before a test can change the working directory.
  const own = resolve(folder, `worker-${worker}`);
  try {
    prepareFolder(own);
  } catch (error) {
    throw toReportError(error);
  }
  const ignored = await readIgnored();
  return async ({ adminUrl, adminCredentials, url }) => {
    const snapshot = await collectSnapshot(controlAt(controlAddress(adminUrl, adminCredentials)), url);
    const { files } = renderFiles({ ...snapshot, coverage: leaveOut(snapshot.coverage, ignored) });
    try {
      writeFolder(own, files);
    } catch (error) {
      throw toReportError(error);
    }
  };
}
