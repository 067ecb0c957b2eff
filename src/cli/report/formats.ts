import { readFileSync } from 'node:fs';
import type { Control } from '../../control/schema/client.ts';
import { reportDocument } from '../../pages/report/document.ts';
import { ROOT } from '../../system/package.ts';
import type { Files } from './folder.ts';
import { gather } from './gather.ts';
import { junitOf } from './junit.ts';

/** A report that is not written yet. */
export interface Report {
  readonly files: Files;
  /** How many findings it tells of. */
  readonly findings: number;
  /** In one line. */
  readonly summary: string;
}

const several = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : `${one}s`}`;

/**
 * Makes the report of a simulator.
 *
 * @param control its control API
 * @param address how that is told to people
 * @throws {NotAllowed}
 */
export async function makeReport(control: Control, address: string): Promise<Report> {
  const snapshot = await gather(control, address);
  const css = readFileSync(new URL('dist/browser/report.css', ROOT), 'utf8');
  const { calls, findings } = snapshot;
  return {
    files: {
      'report.html': reportDocument(snapshot, css),
      'junit.xml': junitOf(snapshot),
    },
    findings: findings.length,
    summary: `${several(calls.length, 'call')}, ${several(findings.length, 'finding')}`,
  };
}
