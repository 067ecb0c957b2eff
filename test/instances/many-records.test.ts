import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

describe.skipIf(why)(`requests to a Redis with many records${why ? ` (${why})` : ''}`, () => {
  let server: RedisServer;
  let redis: ReturnType<typeof createClient>;
  let prefix: string;
  let d: Drive;
  beforeEach(async () => {
    server = await startRedis();
    redis = createClient({ url: server.url });
    redis.on('error', () => {});
    await redis.connect();
    prefix = createPrefix();
    d = await openDrive({ store: server.url, storePrefix: prefix, scenario: 'manual' });
  });
  afterEach(async () => {
    await d?.mock.close();
    redis.destroy();
    await server.stop();
  });

  /** How many scripts Redis runs meanwhile. */
  async function countScripts(request: () => Promise<unknown>): Promise<number> {
    await redis.configResetStat();
    await request();
    const stats = await redis.info('commandstats');
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
  }
  const inTurns = async (times: number, act: (index: number) => Promise<unknown>) => {
    for (let done = 0; done < times; done += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => act(done + i)));
  };
  /** Scripts that have nothing to do with the request: the checks of every second. */
  const OTHERS = 20;

  it('lists many tokens and calls in a few scripts', async () => {
    await inTurns(600, async (n) => d.open(await d.token(), `v-${n}`));
    const get = (path: string) => countScripts(async () => (await d.admin('GET', path)).json);
    for (const path of ['/tokens', '/calls', '/events']) expect(await get(path)).toBeLessThan(10 + OTHERS);
  });

  it('reads the journal of many clients without asking for all at once', async () => {
    const add = (n: number) =>
      redis
        .multi()
        .zAdd(`${prefix}journal:parts`, { score: 0, value: `"c-${n}"` })
        .xAdd(`${prefix}journal:part:"c-${n}"`, `${n + 1}-0`, {
          entry: '{"clientId":"c","headers":{},"query":{}}',
        })
        .exec();
    await inTurns(3_000, add);
    await redis.set(`${prefix}appended`, '3000');
    expect(await d.admin('GET', '/requests/count')).toEqual({ status: 200, json: { count: 3_000 } });
  });

  it('keeps answering when Redis cuts its notifications, and subscribes again', async () => {
    const subscribers = async () => Object.values(await redis.pubSubNumSub(`${prefix}changes`))[0];
    expect(await subscribers()).toBe(1);
    await redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
    expect((await d.requestToken()).status).toBe(200);
    expect((await d.admin('GET', '/health')).status).toBe(200);
    await expect.poll(subscribers).toBe(1);
  });
});
