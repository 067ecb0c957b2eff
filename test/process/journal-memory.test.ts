import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealProcess, startProcess } from '../support/real-process.ts';

const REQUESTS = 100;
const BODY_BYTES = 1 << 19;

/** The junk differs between requests, so that no body can be shared. */
const body = (nth: number) =>
  `grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&junk=${String(nth).repeat(BODY_BYTES)}`;

describe('memory of the journal', () => {
  let simulator: RealProcess;
  beforeAll(async () => {
    simulator = await startProcess();
  });
  afterAll(() => simulator?.stop());

  const ask = async (nth: number) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(`${simulator.url}/o/token/`, { method: 'POST', headers, body: body(nth) });
    expect(answer.status).toBe(200);
    await answer.text();
  };

  it('keeps only the displayed part of large bodies', async () => {
    await ask(0);
    const before = await simulator.measure();
    for (let nth = 1; nth <= REQUESTS; nth += 1) await ask(nth % 10);
    const after = await simulator.measure();
    expect(after.heap - before.heap).toBeLessThan((REQUESTS * BODY_BYTES) / 4);
  });
});
