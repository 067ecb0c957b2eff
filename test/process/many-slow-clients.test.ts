import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealProcess, startProcess } from '../support/real-process.ts';
import { slowHttpTest } from '../support/slowhttptest.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('slowhttptest');

describe.skipIf(why)(`many slow clients${why ? ` (skipped: ${why})` : ''}`, () => {
  let server: RealProcess;
  beforeAll(async () => {
    server = await startProcess();
  });
  afterAll(() => server?.stop());

  it.each([
    ['headers', ['-H', '-i', '1']],
    ['bodies', ['-B', '-i', '1', '-s', '100000']],
    ['reading', ['-X', '-k', '5', '-n', '1', '-z', '10', '-w', '64', '-y', '128']],
  ])('answers other clients beside 300 clients with slow %s', async (what, flags) => {
    const path = what === 'bodies' ? '/o/token/' : '/__console/console.js';
    const attack = slowHttpTest([
      ...flags,
      '-c',
      '300',
      '-r',
      '300',
      // Longer than any of these tests.
      '-l',
      '600',
      '-p',
      '60',
      '-u',
      `${server.url}${path}`,
    ]);
    const statuses = new Set<number>();
    await expect.poll(async () => (await server.measure()).sockets).toBeGreaterThan(200);
    // The server disconnects slow headers and bodies after 30 s, so ask several at a time.
    const askTwenty = async () => {
      for (let asked = 0; asked < 20; asked += 1)
        statuses.add((await fetch(`${server.url}/__admin/clients`)).status);
    };
    await Promise.all(Array.from({ length: 10 }, askTwenty));
    expect([...statuses]).toEqual([200]);
    expect((await server.measure()).sockets).toBeGreaterThan(200);
    expect(attack.isRunning()).toBe(true);
    expect(await attack.stop()).toContain('service available:   YES');
  });
});
