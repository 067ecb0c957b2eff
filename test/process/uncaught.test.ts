import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealProcess, startProcess } from '../support/real-process.ts';

describe('what nobody has caught while the simulator runs', () => {
  let server: RealProcess;
  beforeAll(async () => {
    server = await startProcess();
  });
  afterAll(() => server?.stop());

  it.each([
    ['a rejection', 'Promise.reject(new Error("planted rejection"))', 'planted rejection'],
    [
      'an exception of a timer',
      'setTimeout(() => { throw new Error("planted in a timer") })',
      'planted in a timer',
    ],
    ['what is no error', 'Promise.reject(undefined)', 'undefined'],
  ])('%s is logged with its stack and an id, and ends nothing', async (_, code, message) => {
    server.run(code);
    await expect
      .poll(server.getErrors)
      .toMatch(new RegExp(`^mock-veridas: error: failure \\w+: Error: ${message}\\n +at `, 'm'));
    expect((await fetch(`${server.url}/__admin/health`)).status).toBe(200);
  });
});
