import { appendFileSync } from 'node:fs';
import type { Environment } from '../../options/environment.ts';
import { describeWriteError } from '../../system/write-error.ts';

/** Appends the summary to that of the job, on GitHub. Failures must not change the outcome of the job. */
export function publishSummary(env: Environment, markdown: string, printError: (line: string) => void): void {
  const { GITHUB_STEP_SUMMARY: file } = env;
  if (file === undefined || file === '') return;
  try {
    appendFileSync(file, `\n${markdown}`);
  } catch (error) {
    printError(`GITHUB_STEP_SUMMARY: ${describeWriteError(error)}`);
  }
}
