import { readFileSync, writeFileSync } from 'node:fs';
import type { TestInfo } from '@playwright/test';
import { RequestFailed } from '../../control/schema/client.ts';
import { renderReport } from '../../pages/report/document.ts';
import { ROOT, VERSION } from '../../system/package.ts';
import type { Scope } from '../scope.ts';

/** Attaches what a client's calls and requests were: the report with its sequence diagrams, and the journal as JSON. */
export async function attachHistory(info: TestInfo, { control, client: query }: Scope): Promise<void> {
  const ask = control.wire.ask;
  const answers = await Promise.all([
    ask('GET /clock', { query }),
    ask('GET /calls', { query }),
    ask('GET /tokens', { query }),
    ask('GET /requests', { query }),
    ask('GET /findings', { query }),
    ask('GET /coverage', { query }),
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
    calls: calls.items,
    tokens: tokens.items,
    requests: requests.items,
    findings: findings.items,
    coverage,
  };
  const css = readFileSync(new URL('dist/browser/report.css', ROOT), 'utf8');
  const files = {
    'videocall.html': renderReport(snapshot, css),
    'videocall-journal.json': JSON.stringify(requests.items, undefined, 2),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = info.outputPath(name);
    writeFileSync(path, text);
    await info.attach(name, { path });
  }
}
