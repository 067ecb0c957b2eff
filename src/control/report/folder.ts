import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder } from '../../system/create-folder.ts';

/** The files of a report. */
const FILE_NAMES = ['report.html', 'junit.xml', 'summary.md', 'report.json'] as const;

export type ReportFiles = Readonly<Record<(typeof FILE_NAMES)[number], string>>;

/**
 * Checks that a report can be written to `folder`, and deletes an earlier run's report, so that it is not mistaken for this
 * run's.
 *
 * @throws an error of `node:fs`
 */
export function prepareFolder(folder: string): void {
  createFolder(folder);
  for (const name of FILE_NAMES) rmSync(join(folder, name), { force: true });
  const probeFile = join(folder, `.mock-veridas-${process.pid}`);
  writeFileSync(probeFile, '');
  rmSync(probeFile);
}

/**
 * Writes all files of a report, or none.
 *
 * @returns the paths of its files
 * @throws an error of `node:fs`
 */
export function writeFolder(folder: string, files: ReportFiles): string[] {
  createFolder(folder);
  const drafts = FILE_NAMES.map((name) => ({
    file: join(folder, name),
    draft: join(folder, `.${name}.${process.pid}`),
    text: files[name],
  }));
  try {
    for (const { draft, text } of drafts) writeFileSync(draft, text);
    for (const { draft, file } of drafts) renameSync(draft, file);
  } finally {
    for (const { draft } of drafts) rmSync(draft, { force: true });
  }
  return drafts.map(({ file }) => file);
}
