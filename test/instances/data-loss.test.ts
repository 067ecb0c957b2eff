import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launch } from '../../src/server/launch.ts';
import { toKeyPrefix, toPartition } from '../../src/store/redis/partition.ts';
import { type Drive, driveAt } from '../support/drive.ts';
import { createFakePage } from '../support/fake-page.ts';
import { useRedisForEach } from '../support/redis-for-each.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

describe.skipIf(why)(`a Redis that loses data while it runs${why ? ` (${why})` : ''}`, () => {
  const set = useRedisForEach();
  let instances: Awaited<ReturnType<typeof launch>>[];
  const start = async (options: Parameters<typeof launch>[0] = {}): Promise<Omit<Drive, 'mock'>> => {
    const instance = await launch({
      store: set.server.url,
      storePrefix: set.prefix,
      scenario: 'manual',
      logLevel: 'warn',
      faults: [{ endpoint: 'revoke', status: 418, after: 0 }],
      validations: [{ validationId: 'configured', exists: false }],
      ...options,
    });
    instances.push(instance);
    return driveAt(instance);
  };
  beforeEach(() => {
    instances = [];
  });
  afterEach(async () => {
    for (const one of instances) await one.close();
  });

  const CONFIGURED = 'sandbox-client';
  /** What the keys of the configured client begin with. */
  const own = () => toKeyPrefix(set.prefix, toPartition(CONFIGURED));
  /** A client in the same partition. */
  const MADE = Array.from({ length: 10_000 }, (_, n) => `made-${n}`).find(
    (id) => toPartition(id) === toPartition(CONFIGURED),
  );

  const LOSSES: [string, () => Promise<unknown>][] = [
    ['is flushed', () => set.redis.flushAll()],
    ['is swapped for an empty database', () => set.redis.swapDb(0, 1)],
    ['has lost the records of a client only', () => set.redis.unlink(`${own()}records`)],
    ['has lost what there is of a client only', () => set.redis.unlink(`${own()}owners`)],
  ];
  describe.each(LOSSES)('that %s', (_, lose) => {
    it('has all that is configured again at once, on every instance, and says so once each', async () => {
      const [a, b] = [await start(), await start()];
      await a.createClient({ client_id: MADE });
      await lose();
      expect((await a.requestToken()).status).toBe(200);
      expect((await b.requestToken()).status).toBe(200);
      for (const { admin } of [a, b]) {
        expect((await admin('GET', '/clients')).json.total).toBe(1);
        expect((await admin('GET', '/faults')).json.items).toHaveLength(1);
        expect((await admin('GET', '/validations')).json.items).toMatchObject([
          { validation_id: 'configured', exists: false },
        ]);
        expect((await admin('GET', '/health')).status).toBe(200);
      }
      expect(set.lines).toHaveLength(2);
      expect(set.lines[0]).toMatch(
        /the store at redis:\S+ has lost data: .*configured clients are there again/,
      );
    });

    it('is noticed within seconds without a request', async () => {
      await start();
      await lose();
      await expect.poll(() => set.lines.length).toBe(1);
    });
  });

  it('keeps what was changed through another instance that has noticed the loss first', async () => {
    const [a, b] = [await start(), await start()];
    await set.redis.flushAll();
    expect((await a.admin('PATCH', `/clients/${CONFIGURED}`, { scenario: 'happy' })).status).toBe(200);
    expect((await a.admin('PUT', '/validations/configured', { exists: true })).status).toBe(200);
    expect((await b.requestToken()).status).toBe(200);
    for (const { admin } of [a, b]) {
      expect((await admin('GET', '/clients')).json.items).toMatchObject([{ scenario: 'happy' }]);
      expect((await admin('GET', '/validations')).json.items).toMatchObject([{ exists: true }]);
    }
  });

  it('tells an open page to start over when its call is lost', async () => {
    const a = await start();
    const { html } = await a.open(await a.token(), 'v');
    const page = createFakePage(html, instances[0]?.url ?? '');
    await page.waitForText('waiting-room');
    await set.redis.flushAll();
    await page.waitForText('"reset":true');
  });

  it('notices at the next list that the order of tokens is lost', async () => {
    const a = await start();
    await a.token(await a.createClient({ client_id: MADE }));
    await set.redis.unlink(`${own()}of:token:${JSON.stringify(MADE)}`);
    expect((await a.admin('GET', '/tokens')).json.items).toEqual([]);
    expect((await a.admin('GET', '/clients')).json.items).toMatchObject([{ client_id: CONFIGURED }]);
    expect(set.lines).toHaveLength(1);
  });

  it('keeps what other clients have made when the records of one are lost', async () => {
    const a = await start();
    const id = `${MADE}-elsewhere`;
    expect(toPartition(id)).not.toBe(toPartition(CONFIGURED));
    const token = await a.token(await a.createClient({ client_id: id }));
    await set.redis.unlink(`${own()}records`);
    expect((await a.open(token, 'v')).status).toBe(200);
  });

  it('has what is of everyone in every partition again when one has lost it', async () => {
    const a = await start();
    await a.admin('POST', '/clock/advance', { by: '1h' });
    await set.redis.unlink(`${own()}common`);
    const { json } = await a.admin('GET', `/clock?client_id=${CONFIGURED}`);
    expect(Date.parse(json.now)).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it('keeps everything when only the layout is lost, also for the next instance', async () => {
    const a = await start();
    const made = await a.createClient();
    await set.redis.unlink(`${set.prefix}born`);
    const b = await start();
    expect((await b.requestToken({ ...made })).status).toBe(200);
    expect((await a.requestToken({ ...made })).status).toBe(200);
    expect(set.lines).toEqual([]);
  });

  it('warns at the start of a server that evicts', async () => {
    await set.redis.configSet('maxmemory-policy', 'allkeys-lru');
    await start();
    expect(set.lines).toEqual([expect.stringContaining('its maxmemory-policy is allkeys-lru')]);
  });

  it('issues tokens on a server that evicts all the time', async () => {
    await set.redis.configSet('maxmemory-policy', 'allkeys-random');
    const a = await start();
    await set.redis.configSet('maxmemory', '2mb');
    const statuses = new Set<number>();
    const begun = Date.now();
    for (let n = 0; n < 1_500; n += 1) statuses.add((await a.requestToken()).status);
    const minutes = Math.floor((Date.now() - begun) / 60_000);
    expect([...statuses].filter((status) => ![200, 503].includes(status))).toEqual([]);
    const { length } = set.lines.filter((line) => line.includes('has lost data'));
    expect(length).toBeGreaterThanOrEqual(1);
    expect(length).toBeLessThanOrEqual(1 + minutes);
  });

  it('names the settings in which another instance differs', async () => {
    await start();
    await start({ strictTokens: true, journalSize: 5 });
    expect(set.lines).toEqual([
      expect.stringMatching(
        /another instance at the store at \S+ has other settings: strict-tokens, journal-size\./,
      ),
    ]);
  });

  it('logs once at the start that others use the store, with their number', async () => {
    for (let n = 0; n < 3; n += 1) await start({ logLevel: 'info' });
    expect(set.lines).toEqual([
      expect.stringMatching(/the store at \S+ is shared with 1 running instance: .*--store-prefix/),
      expect.stringMatching(/is shared with 2 running instances: /),
    ]);
  });

  it('refuses data of another layout, older or newer', async () => {
    await set.redis.set(`${set.prefix}born`, '1795880312.482');
    await expect(start()).rejects.toThrow(/another version of mock-veridas uses it \(layout 1 /);
    for (const layout of ['3', '5']) {
      await set.redis.unlink(`${set.prefix}born`);
      await set.redis.hSet(`${set.prefix}born`, { layout, mark: 'x' });
      await expect(start()).rejects.toThrow(new RegExp(`\\(layout ${layout} .*--store-prefix`));
    }
  });
});
