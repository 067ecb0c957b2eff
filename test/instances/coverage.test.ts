import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { listPlayed } from '../support/play.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

describe.skipIf(why)(`coverage of three instances on one Redis${why ? ` (${why})` : ''}`, () => {
  let redis: RedisServer;
  let drives: [Drive, Drive, Drive];
  beforeEach(async () => {
    redis = await startRedis();
    const store = { store: redis.url, storePrefix: createPrefix(), scenario: 'manual' };
    drives = await Promise.all([openDrive(store), openDrive(store), openDrive(store)]);
  });
  afterEach(async () => {
    await Promise.all(drives.map(({ mock }) => mock.close()));
    await redis.stop();
  });

  /** What each instance says. */
  const listEverywhere = () => Promise.all(drives.map((d) => listPlayed(d)));
  const everywhere = (...ids: string[]) => [ids, ids, ids];

  it('is the same on each, and so is what the playing of others depends on', async () => {
    const [a, b, c] = drives;
    await a.requestToken({ client_secret: 'wrong' });
    await b.admin('POST', '/faults', { endpoint: 'token', latency: '1ms', times: 1 });
    await c.token();
    const slow = ['token-form-body', 'token-refused', 'token-slow', 'sandbox-client'];
    expect(await listEverywhere()).toEqual(everywhere(...slow));
    await a.token();
    expect(await listEverywhere()).toEqual(everywhere(...slow.toSpliced(3, 0, 'token-recovered')));
    // The others have seen these before, and must not take them for written.
    await b.admin('POST', '/reset?client_id=sandbox-client');
    await c.token();
    expect(await listPlayed(a, '?client_id=sandbox-client')).toEqual(['token-form-body', 'sandbox-client']);
  });

  it('sees two calls at once that are open on two instances', async () => {
    const [a, b] = drives;
    const [first, second] = [await a.token(), await a.token()];
    const page = await openFakePage(a, first, 'val-1');
    await page.waitForText('waiting-room');
    expect((await listPlayed(b)).includes('two-calls')).toBe(false);
    const other = await openFakePage(b, second, 'val-2');
    await other.waitForText('waiting-room');
    expect((await listEverywhere()).map((ids) => ids.includes('two-calls'))).toEqual([true, true, true]);
    page.disconnect();
    other.disconnect();
  });

  it('loses nothing when all instances add to it at the same time', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => drives[0].createClient()));
    await Promise.all(
      clients.flatMap((client) =>
        drives.map(async (d, index) => {
          const token = await d.token(client);
          if (index === 1) await d.open(`${token}x`, 'val-1');
          if (index === 2) await d.open(token, '');
        }),
      ),
    );
    const expected = ['token-form-body', 'unknown-token', 'missing-validation-id', 'sandbox-client'];
    for (const { client_id } of clients)
      expect(await listPlayed(drives[1], `?client_id=${client_id}`)).toEqual(expected);
    expect(await listEverywhere()).toEqual(everywhere(...expected));
  });
});
