import { readFileSync } from 'node:fs';
import type { Control } from '../../control/schema/client.ts';
import { renderReport } from '../../pages/report/document.ts';
import { ROOT } from '../../system/package.ts';
import { collectSnapshot } from './collect-snapshot.ts';
import type { ReportFiles } from './folder.ts';
import { formatJunit } from './junit.ts';

/** A report before it is written. */
export interface RenderedReport {
  readonly files: ReportFiles;
  /** How many findings it contains. */
  readonly findings: number;
  /** One line. */
  readonly summary: string;
}

const formatCount = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : `${one}s`}`;

/**
 * Creates the report of a simulator.
 *
 * @param control its control API
 * @param address the simulator's address in the report
 * @throws {NotAllowed}
 */
export async function makeReport(control: Control, address: string): Promise<RenderedReport> {
  const snapshot = await collectSnapshot(control, address);
  const css = readFileSync(new URL('dist/browser/report.css', ROOT), 'utf8');
  const { calls, findings } = snapshot;
  return {
    files: {
      'report.html': renderReport(snapshot, css),
      'junit.xml': formatJunit(snapshot),
    },
    findings: findings.length,
    summary: `${formatCount(calls.length, 'call')}, ${formatCount(findings.length, 'finding')}`,
  };
}
