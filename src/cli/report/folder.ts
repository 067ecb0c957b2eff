import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What lies in the folder of a report. */
const FILES = ['report.html', 'junit.xml'] as const;

export type Files = Readonly<Record<(typeof FILES)[number], string>>;

/**
 * Makes sure that a report can be written into `folder`, and takes away what an earlier run has left there, so that
 * nobody goes by that.
 *
 * @throws an error of `node:fs`
 */
export function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of FILES) rmSync(join(folder, name), { force: true });
  const trial = join(folder, `.mock-veridas-${process.pid}`);
  writeFileSync(trial, '');
  rmSync(trial);
}

/**
 * Writes a report: all of its files, or none.
 *
 * @returns the paths of its files
 * @throws an error of `node:fs`
 */
export function writeFolder(folder: string, files: Files): string[] {
  mkdirSync(folder, { recursive: true });
  const drafts = FILES.map((name) => ({
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
