import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EARLY_2021 } from '../../src/domain/answer-profile.ts';
import { type Client, createClientRecord } from '../../src/domain/client.ts';
import { instant, seconds } from '../../src/domain/time.ts';
import { createToken, getTokenTag, TOKEN_LENGTH } from '../../src/domain/token.ts';
import { SHIPPED_SCENARIOS } from '../../src/options/shipped-scenarios.ts';
import { putRecord } from '../../src/simulator/decide.ts';
import { tokenRef } from '../../src/simulator/refs.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createRedisStore } from '../../src/store/redis/redis-store.ts';
import type { Store } from '../../src/store/store.ts';
import { systemTime } from '../../src/system/clock.ts';
import { createRandom } from '../../src/system/random.ts';
import { opaqueTokenFormat } from '../../src/system/signing.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

/** More than the store keeps, and enough to start a sweep. */
const MANY = 5_500;
const REMEMBERED = 1_000;
const HALF_AN_HOUR = seconds(1_800);
const HOUR = seconds(3_600);

const CLIENT = createClientRecord({ clientId: 'client', clientSecret: 'secret' });
const OTHER = createClientRecord({ clientId: 'other', clientSecret: 'secret' });

const noRedis = explainMissingTool('redis');
let redis: RedisServer;
beforeAll(async () => {
  if (noRedis === undefined) redis = await startRedis();
});
afterAll(() => redis?.stop());

const STORES: Record<string, () => Promise<Store>> = {
  memory: async () => createMemoryStore(systemTime),
  redis: () =>
    createRedisStore({
      url: redis.url,
      prefix: createPrefix(),
      onStatusChange: () => {},
      reseed: async () => {},
    }),
};

async function inBatches(times: number, act: (index: number) => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 50)
    await Promise.all(Array.from({ length: Math.min(50, times - done) }, (_, i) => act(done + i)));
}

describe.each(Object.entries(STORES))('the sweep of ended records in the store %s', (name, open) => {
  const why = name === 'redis' ? noRedis : undefined;

  describe.skipIf(why)(why ?? name, () => {
    let store: Store;
    let simulator: Simulator;
    beforeEach(async () => {
      store = await open();
      simulator = await createSimulator({
        store,
        random: createRandom(),
        tokenFormat: opaqueTokenFormat,
        profile: EARLY_2021,
        clients: [CLIENT, OTHER],
        scenarios: () => SHIPPED_SCENARIOS,
        scenario: 'manual',
        rules: { strictTokens: false, knownValidationsOnly: false },
        journalSize: 10,
        onError: (error) => {
          throw error;
        },
      });
    });
    afterEach(async () => {
      simulator.close();
      await store.close();
    });

    async function issue({ clientId, clientSecret }: Client = CLIENT): Promise<string> {
      const received = await simulator.requests.receive({ claimed: [clientId] });
      const fields = new Map([['grant_type', 'client_credentials']]);
      const basic = { id: clientId, secret: clientSecret };
      const issued = await simulator.tokens.issue(
        { query: 'none', basic, fields },
        received,
        () => true,
        ({ at, receivedAt }) => ({
          clientId,
          at,
          receivedAt,
          method: 'POST',
          path: '/o/token/',
          query: {},
          headers: {},
          from: '::1',
        }),
      );
      if (!('token' in issued)) throw new Error(issued.reason);
      return issued.token.accessToken;
    }
    const tokens = async ({ clientId } = CLIENT) => (await store.list('token', clientId)).length;
    const refusal = async (token: string, validationId: string) => {
      const opening = await simulator.openings.open(token, validationId);
      return 'refused' in opening ? opening.refused : undefined;
    };

    it('forgets all but the newest expired tokens when time advances', async () => {
      const first = await issue();
      await inBatches(MANY, () => issue());
      await simulator.clocks.advance(HOUR);
      expect(await tokens()).toBe(REMEMBERED);
      expect(await refusal(first, 'val-1')).toBe('unknown');
    });

    it('forgets 200,000 tokens, while no operation stops the store for long', async () => {
      const accessToken = getTokenTag(CLIENT.clientId).padEnd(TOKEN_LENGTH - 6, 'x');
      const issuedAt = instant(systemTime());
      const old = (n: number) => createToken(`${accessToken}${n}`, CLIENT, 'read write', issuedAt);
      for (let n = 100_000; n < 295_000; n += 100) {
        const some = Array.from({ length: 100 }, (_, i) => old(n + i));
        await store.swap(
          ...some.map((token) => putRecord(tokenRef(token.accessToken), undefined, CLIENT.clientId, token)),
        );
      }
      await inBatches(MANY, () => issue());
      await simulator.clocks.advance(HOUR);
      expect(await tokens()).toBe(REMEMBERED);
      if (name === 'memory') return;
      const client = createClient({ url: redis.url });
      await client.connect();
      const slowest = Math.max(
        0,
        ...(await client.sendCommand<[number, number, number][]>(['SLOWLOG', 'GET', '-1'])).map(
          ([, , us]) => us,
        ),
      );
      client.destroy();
      // An idle machine needs 3 ms. What grows with the data takes a second and more.
      expect(slowest).toBeLessThan(900_000);
    });

    it('keeps all active tokens, and expired ones while they are few', async () => {
      await issue(OTHER);
      await inBatches(MANY, () => issue());
      await simulator.clocks.advance(HALF_AN_HOUR);
      expect(await tokens()).toBe(MANY);
      await simulator.clocks.advance(HALF_AN_HOUR);
      expect(await tokens(OTHER)).toBe(1);
    });

    it('forgets ended calls once none of their tokens could open another', async () => {
      const used = await issue();
      await inBatches(MANY / 2, async (i) => {
        const opening = await simulator.openings.open(i === 0 ? used : await issue(), `val-${i}`, {
          id: 'page',
        });
        if (!('callId' in opening)) throw new Error('the call did not open');
        await simulator.calls.intervene(opening.callId, { agent: 'join' });
        await simulator.calls.intervene(opening.callId, { agent: 'end' });
      });
      const calls = async () => (await store.list('call', CLIENT.clientId)).length;
      const validations = async () => (await store.list('validation', CLIENT.clientId)).length;
      expect(await calls()).toBe(MANY / 2);
      // The call stays until its token expires: without the call, the token would be valid again.
      expect(await refusal(used, 'val-new')).toBe('completed');
      await simulator.clocks.advance(HOUR);
      expect([await calls(), await validations()]).toEqual([REMEMBERED, REMEMBERED]);
      expect(await refusal(used, 'val-new')).toBe('unknown');
    });
  });
});
