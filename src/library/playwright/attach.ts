import { readFileSync, writeFileSync } from 'node:fs';
import type { TestInfo } from '@playwright/test';
import { RequestFailed } from '../../control/schema/client.ts';
import { renderReport } from '../../pages/report/document.ts';
import { ROOT, VERSION } from '../../system/package.ts';
import type { Scope } from '../scope.ts';

/** Attaches what a client's calls and requests were: the report with its sequence diagrams, and the journal as JSON. */
export async function attachHistory(info: TestInfo, { control, client: query }: Scope): Promise<void> {
  const { wire } = control;
  const answers = await Promise.all([
    wire.ask('GET /clock', { query }),
    wire.askForAll('GET /calls', query),
    wire.askForAll('GET /tokens', query),
    wire.askForAll('GET /requests', query),
    wire.ask('GET /findings', { query }),
    wire.ask('GET /coverage', { query }),
  ]).catch((error) => {
    // The test may have removed the client.
    if (error instanceof RequestFailed && error.code === 'not_found') return undefined;
    throw error;
  });
  if (answers === undefined) return;
  const [clock, calls, tokens, requests, findings, coverage] = answers;
  const snapshot = {
    version: VERSION,
    at: clock.now,
    clients: [query.client_id ?? ''],
    calls,
    tokens,
    requests,
    findings: findings.items,
    coverage,
  };
  const css = readFileSync(new URL('dist/browser/report.css', ROOT), 'utf8');
  const files = {
    'videocall.html': renderReport(snapshot, css),
    'videocall-journal.json': JSON.stringify(requests, undefined, 2),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = info.outputPath(name);
    writeFileSync(path, text);
    await info.attach(name, { path });
  }
}
