import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createClientRecord } from '../../src/domain/client.ts';
import { instant } from '../../src/domain/time.ts';
import { createToken } from '../../src/domain/token.ts';
import { putRecord } from '../../src/simulator/decide.ts';
import { tokenRef } from '../../src/simulator/refs.ts';
import { PARTITIONS, toKeyPrefix, toPartition } from '../../src/store/redis/partition.ts';
import { createRedisStore } from '../../src/store/redis/redis-store.ts';
import { PAGE_SIZE } from '../../src/store/redis/scripts/keys.ts';
import { getTokens } from '../bench/asking.ts';
import { type Credentials, type Drive, openDrive } from '../support/drive.ts';
import { useRedisForEach } from '../support/redis-for-each.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

describe.skipIf(why)(`requests to a Redis with many records${why ? ` (${why})` : ''}`, () => {
  const set = useRedisForEach();
  let d: Drive;
  beforeEach(async () => {
    d = await openDrive({ store: set.server.url, storePrefix: set.prefix, scenario: 'manual' });
  });
  afterEach(() => d.mock.close());

  /** How many scripts Redis runs meanwhile, without the checks of every second: a script each, and one SET in all. */
  async function countScripts(request: () => Promise<unknown>): Promise<number> {
    const counts: number[] = [];
    // A check may be under way.
    for (let tries = 0; tries < 3; tries += 1) {
      await set.redis.configResetStat();
      await request();
      const stats = await set.redis.info('commandstats');
      const count = (name: string) =>
        Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
      counts.push(Math.abs(count('evalsha') - PARTITIONS * count('set')));
    }
    return Math.min(...counts);
  }

  /** Commands that handle everything under a key at once. */
  const WHOLE = /^(HVALS|HKEYS|HGETALL|SMEMBERS|ZRANGE|KEYS|DEL)$/i;
  /** The most arguments that a command has meanwhile, its scripts included, and those that handle everything at once. */
  async function findLargest(request: () => Promise<unknown>) {
    await set.redis.configSet({ 'slowlog-log-slower-than': '0', 'slowlog-max-len': '1000000' });
    await set.redis.sendCommand(['SLOWLOG', 'RESET']);
    await request();
    await set.redis.configSet('slowlog-log-slower-than', '-1');
    const entries = await set.redis.sendCommand<[number, number, number, string[]][]>([
      'SLOWLOG',
      'GET',
      '-1',
    ]);
    const commands = entries.map(([, , , words]) => words);
    const sizes = commands.map(
      (words) => words.length + Number(/^\.\.\. \((\d+) more/.exec(words.at(-1) ?? '')?.[1] ?? 0),
    );
    const names = new Set(commands.map(([name = '']) => name));
    return { size: Math.max(...sizes), whole: [...names].filter((name) => WHOLE.test(name)) };
  }
  const inTurns = async (times: number, act: (index: number) => Promise<unknown>) => {
    for (let done = 0; done < times; done += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => act(done + i)));
  };
  /** Scripts that have nothing to do with the request. */
  const OTHERS = 20;

  it('lists many tokens and calls in a few scripts', async () => {
    await inTurns(600, async (n) => d.open(await d.token(), `v-${n}`));
    const get = (path: string) => countScripts(async () => (await d.admin('GET', path)).json);
    // Each list asks for the owners in every partition, and events do so for each hundred calls.
    const most = {
      '/tokens': 2 * PARTITIONS + 10,
      '/calls': 2 * PARTITIONS + 10,
      '/events': 7 * PARTITIONS + 10,
    };
    for (const [path, scripts] of Object.entries(most))
      await expect.poll(() => get(path)).toBeLessThan(scripts + OTHERS);
  });

  it.each(['opaque', 'jwt'] as const)('issues a token of format %s in two scripts', async (tokenFormat) => {
    const own = await openDrive({ store: set.server.url, storePrefix: set.prefix, tokenFormat });
    onTestFinished(() => own.mock.close());
    await own.token();
    await expect.poll(() => countScripts(() => own.token())).toBe(2);
  });

  describe('for a token', () => {
    const readInfo = () => set.redis.info('everything');
    const readNumbers = (info: string, pattern: RegExp) =>
      [...info.matchAll(pattern)].map(([, number]) => Number(number));
    const readMemory = async () => readNumbers(await readInfo(), /^used_memory:(\d+)/gm)[0] ?? 0;

    it('sends and gets few commands and bytes', async () => {
      // Nothing new is recorded of later ones.
      await getTokens(d.mock.url, 32);
      const costs = { commands: Infinity, bytesIn: Infinity, bytesOut: Infinity };
      // A check may be under way.
      for (let tries = 0; tries < 5; tries += 1) {
        await set.redis.configResetStat();
        await getTokens(d.mock.url, 1, { connections: 1 });
        const info = await readInfo();
        const calls = readNumbers(info, /^cmdstat_(?!config|info)[^:]+:calls=(\d+)/gm);
        const [bytesIn = 0, bytesOut = 0] = readNumbers(info, /^total_net_(?:in|out)put_bytes:(\d+)/gm);
        const commands = calls.reduce((sum, count) => sum + count, 0);
        costs.commands = Math.min(costs.commands, commands);
        costs.bytesIn = Math.min(costs.bytesIn, bytesIn);
        costs.bytesOut = Math.min(costs.bytesOut, bytesOut);
      }
      expect(costs.commands).toBeLessThanOrEqual(13);
      expect(costs.bytesIn).toBeLessThanOrEqual(950);
      expect(costs.bytesOut).toBeLessThanOrEqual(260);
    });

    it('uses little memory, apart from its request', async () => {
      const own = await openDrive({ store: set.server.url, storePrefix: set.prefix, journalSize: 10 });
      onTestFinished(() => own.mock.close());
      await getTokens(own.mock.url, 1_000);
      const before = await readMemory();
      await getTokens(own.mock.url, 3_000);
      expect(((await readMemory()) - before) / 3_000).toBeLessThanOrEqual(260);
    });
  });

  describe('of one client', () => {
    /** A sweep waits for 5,000. */
    const MANY = 6_000;
    let credentials: Credentials;
    beforeEach(async () => {
      credentials = await d.createClient();
      const client = createClientRecord({
        clientId: credentials.client_id,
        clientSecret: credentials.client_secret,
      });
      const store = await createRedisStore({
        url: set.server.url,
        prefix: set.prefix,
        onStatusChange: () => {},
        reseed: async () => {},
      });
      const issuedAt = instant(Date.now());
      for (let n = 0; n < MANY; n += 100) {
        const some = Array.from({ length: 100 }, (_, i) =>
          createToken(`token${n + i}`, client, 'read', issuedAt),
        );
        await store.swap(
          ...some.map((one) => putRecord(tokenRef(one.accessToken), undefined, client.clientId, one)),
        );
      }
      await store.close();
    });

    const readConsole = async () => {
      const { body } = await fetch(`${d.mock.url}/__console/stream`);
      const wanted = new Set(['tokens', 'calls', 'call', 'findings', 'journal']);
      for await (const chunk of body ?? []) {
        for (const [, part = ''] of Buffer.from(chunk)
          .toString()
          .matchAll(/^event: (\w+)/gm))
          wanted.delete(part);
        if (wanted.size === 0) break;
      }
    };

    it('lists all in few scripts, and a page in fewer', async () => {
      const { client_id } = credentials;
      const getPage = () => d.admin('GET', `/tokens?client_id=${client_id}`);
      await expect.poll(() => countScripts(getPage)).toBeLessThan(5 + OTHERS);
      const getAll = async () => {
        let found = 0;
        for (let after = ''; ; ) {
          const { json } = await d.admin('GET', `/tokens?client_id=${client_id}${after}`);
          found += json.items.length;
          if (json.next === null) break;
          after = `&after=${json.next}`;
        }
        expect(found).toBe(MANY);
      };
      await expect.poll(() => countScripts(getAll)).toBeLessThan(MANY / 200 + 2 + OTHERS);
    });

    it('looks at few tokens when a used-up one is tried', async () => {
      const token = await d.token(credentials);
      await d.open(token, 'v');
      for (const action of ['join', 'end']) await d.admin('POST', '/calls/v/agent', { action });
      const tryAgain = async () => expect((await d.open(token, 'v')).status).toBe(403);
      await expect.poll(() => countScripts(tryAgain)).toBeLessThan(30 + OTHERS);
    });

    const ADVANCE = { by: '2h' };
    it.each<[string, () => Promise<unknown>]>([
      ['a page of tokens', () => d.admin('GET', '/tokens?limit=1000')],
      ['the findings', () => d.admin('GET', '/findings')],
      ['the console', readConsole],
      ['a sweep', () => d.admin('POST', '/clock/advance', ADVANCE)],
      ['the reset of the client', () => d.admin('POST', `/reset?client_id=${credentials.client_id}`)],
      ['the reset of all', () => d.admin('POST', '/reset')],
    ])('never handles more than a page of records at once for %s', async (_, act) => {
      const { size, whole } = await findLargest(act);
      expect(size).toBeLessThan(PAGE_SIZE + 10);
      expect(whole).toEqual([]);
    });

    it('forgets those that have expired, though another instance has issued them', async () => {
      await d.admin('POST', '/clock/advance', ADVANCE);
      expect((await d.admin('GET', '/tokens?limit=1')).json.total).toBe(1_000);
    });
  });

  it('reads the journal of many clients without asking for all at once', async () => {
    const add = (n: number) => {
      const keyPrefix = toKeyPrefix(set.prefix, toPartition(`c-${n}`));
      return set.redis
        .multi()
        .zAdd(`${keyPrefix}owners`, { score: 0, value: `journal\n"c-${n}"` })
        .xAdd(`${keyPrefix}of:journal:"c-${n}"`, `${n + 1}-0`, { entry: '[0,"GET","/",{},"::1"]' })
        .exec();
    };
    await inTurns(3_000, add);
    expect(await d.admin('GET', '/requests/count')).toEqual({ status: 200, json: { count: 3_000 } });
  });

  it('keeps answering when Redis cuts its notifications, and subscribes again', async () => {
    const subscribers = async () =>
      Object.values(await set.redis.pubSubNumSub(`${set.prefix}{0}:instances`))[0];
    expect(await subscribers()).toBe(1);
    await set.redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
    expect((await d.requestToken()).status).toBe(200);
    expect((await d.admin('GET', '/health')).status).toBe(200);
    await expect.poll(subscribers).toBe(1);
  });
});
