import { readFileSync } from 'node:fs';
import { renderReport } from '../../pages/report/document.ts';
import type { ReportSnapshot } from '../../pages/report/snapshot.ts';
import { ROOT } from '../../system/package.ts';
import type { ReportFiles } from './folder.ts';
import { formatJunit } from './junit.ts';
import { formatMarkdown } from './markdown.ts';

/** A report before it is written. */
export interface RenderedReport {
  readonly files: ReportFiles;
  /** How many findings it contains. */
  readonly findings: number;
  readonly coverage: ReportSnapshot['coverage'];
  /** One line. */
  readonly summary: string;
}

const formatCount = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : `${one}s`}`;

/** Creates the report of what was seen. */
export function renderFiles(snapshot: ReportSnapshot): RenderedReport {
  const css = readFileSync(new URL('dist/browser/report.css', ROOT), 'utf8');
  const { calls, findings, coverage } = snapshot;
  const summary = `${formatCount(calls.length, 'call')}, ${formatCount(findings.length, 'finding')}`;
  return {
    files: {
      'report.html': renderReport(snapshot, css),
      'junit.xml': formatJunit(snapshot),
      'summary.md': formatMarkdown(snapshot, summary),
      'report.json': JSON.stringify(snapshot),
    },
    findings: findings.length,
    coverage,
    summary,
  };
}
