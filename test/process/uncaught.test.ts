import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealProcess, startProcess } from '../support/real-process.ts';

describe('uncaught errors', () => {
  let server: RealProcess;
  beforeAll(async () => {
    server = await startProcess();
  });
  afterAll(() => server?.stop());

  it.each([
    ['a rejection', 'Promise.reject(new Error("planted rejection"))', 'planted rejection'],
    [
      'an exception in a timer',
      'setTimeout(() => { throw new Error("planted in a timer") })',
      'planted in a timer',
    ],
    ['a rejection without an error', 'Promise.reject(undefined)', 'undefined'],
  ])('logs %s with its stack and an id, and keeps running', async (_, code, message) => {
    server.run(code);
    await expect
      .poll(server.getErrors)
      .toMatch(new RegExp(`^mock-veridas: error: failure \\w+: Error: ${message}\\n +at `, 'm'));
    expect((await fetch(`${server.url}/__admin/health`)).status).toBe(200);
  });
});
