import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClientRecord } from '../../src/domain/client.ts';
import { instant, ms } from '../../src/domain/time.ts';
import { createToken } from '../../src/domain/token.ts';
import { putRecord } from '../../src/simulator/decide.ts';
import { clientRef, clockRef, scenarioRef, tokenRef } from '../../src/simulator/refs.ts';
import { createRedisStore } from '../../src/store/redis/redis-store.ts';
import type { Change, Kind, Kinds, Ref, Store } from '../../src/store/store.ts';
import { pause } from '../../src/system/timers.ts';
import { createPrefix, newClient, type RedisServer, startRedis } from '../support/redis.ts';
import { command } from '../support/sentinel.ts';
import { createPending, readEntries, storeSuite } from '../support/store-suite.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');
if (why !== undefined) console.warn(`skipped: ${why}`);

let server: RedisServer;
beforeAll(async () => {
  if (why === undefined) server = await startRedis();
});
afterAll(() => server?.stop());

const opened: Store[] = [];
async function open(prefix = createPrefix(), url = server.url): Promise<Store> {
  const store = await createRedisStore({ url, prefix, onStatusChange: () => {}, reseed: async () => {} });
  opened.push(store);
  return store;
}
afterAll(async () => {
  for (const store of opened) await store.close();
});

const client = (clientId: string) => createClientRecord({ clientId, clientSecret: 'secret' });
const add = (store: Store, clientId: string, owner = clientId) =>
  store.swap(putRecord(clientRef(clientId), undefined, owner, client(clientId)));
const ids = async (store: Store, owner?: string) =>
  (await store.list('client', owner)).map(({ value }) => value.clientId);
const entry = (path: string) =>
  ({
    clientId: '',
    at: instant(0),
    receivedAt: instant(0),
    method: 'GET',
    path,
    query: {},
    headers: {},
    from: '',
  }) as const;

const append = (store: Store, owner: string, path: string, maxEntries: number) =>
  store.swap({ log: 'journal', owner, value: entry(path), maxEntries });

describe.skipIf(why !== undefined)('a store on its own Redis', () => {
  storeSuite('redis', open);
});

describe.skipIf(why !== undefined)('several stores on one Redis', () => {
  let a: Store;
  let b: Store;
  let prefix: string;
  beforeEach(async () => {
    prefix = createPrefix();
    [a, b] = [await open(prefix), await open(prefix)];
  });

  it('shares all records between stores with the same prefix', async () => {
    await add(a, 'one');
    await add(b, 'two');
    expect(await ids(a)).toEqual(['one', 'two']);
    expect(await ids(b)).toEqual(['one', 'two']);
  });

  it('notifies one store of a change in another', async () => {
    const { promise: notified, resolve } = createPending<unknown>();
    await b.watch(resolve);
    await add(a, 'one');
    expect(await notified).toEqual(clientRef('one'));
  });

  it('notifies watchers that joined while the connection for notifications was lost', async () => {
    const redis = newClient(server.url);
    await redis.connect();
    const untilMissed = createPending<unknown>();
    await b.watch((changed) => changed === undefined && untilMissed.resolve(changed), 'one');
    await redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'PUBSUB']);
    const { promise: notified, resolve } = createPending<unknown>();
    await b.watch((changed) => changed !== undefined && resolve(changed), 'two');
    await untilMissed.promise;
    await add(a, 'two');
    expect(await notified).toEqual(clientRef('two'));
    redis.destroy();
  });

  const clock = (offset: number) => ({ offset: ms(offset) });
  const scenario = (name: string) => ({ clientId: 'one', scenario: { name, steps: [] } });
  const SEEN: [string, Ref, string, Kinds[Kind][]][] = [
    ['a client', clientRef('one'), 'one', [client('one'), client('other')]],
    ['a scenario of a client', scenarioRef('one', 's'), 'one', [scenario('before'), scenario('after')]],
    ['the clock of a client', clockRef('one'), 'one', [clock(1), clock(2)]],
    ['the clock of all', clockRef(''), '', [clock(1), clock(2)]],
    ['a secret', { kind: 'secret', id: 's' }, '', [{ value: 'before' }, { value: 'after' }]],
    [
      'a token',
      tokenRef('t'),
      'one',
      ['a', 'b'].map((scope) => createToken('t', client('one'), scope, instant(1))),
    ],
  ];
  it.each(SEEN)(
    'sees at once when another store changes, deletes or creates %s',
    async (_, ref, owner, values) => {
      const read = async (store: Store) => (await store.read(ref, clockRef('two'))).found[0];
      const write = async (value: Kinds[Kind] | null | undefined) =>
        expect(await a.swap({ ref, version: (await read(a))?.version ?? 0, owner, value } as Change)).toBe(
          true,
        );
      for (const value of [...values, null, values[0], null]) {
        await write(value);
        for (let times = 0; times < 3; times += 1) expect((await read(b))?.value ?? null).toEqual(value);
        expect((await read(b))?.version).toBe((await read(a))?.version);
      }
      await write(values[0]);
      await read(b);
      await a.clear([ref.kind]);
      expect(await read(b)).toBeUndefined();
    },
  );

  it('returns nothing that it has read before the server has lost it', async () => {
    await add(a, 'one');
    await b.read(clientRef('one'));
    const redis = newClient(server.url);
    await redis.connect();
    await redis.flushAll();
    redis.destroy();
    expect((await b.read(clientRef('one'))).found).toEqual([undefined]);
  });

  it('accepts exactly one of many concurrent changes from two stores', async () => {
    const tries = Array.from({ length: 40 }, (_, i) => add(i % 2 === 0 ? a : b, 'one'));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  it('numbers log entries upwards across stores', async () => {
    for (const store of [a, b, a]) await append(store, 'one', '/', 10);
    const numbers = (await readEntries(a)).map(({ id }) => id);
    expect(numbers).toHaveLength(3);
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
  });

  it('isolates stores with different prefixes, even when one clears everything', async () => {
    const other = await open(`${prefix}client:`);
    await add(a, 'one');
    await append(other, 'one', '/', 10);
    expect(await ids(other)).toEqual([]);
    expect(await readEntries(a)).toEqual([]);
    await other.clear(['client', 'journal']);
    expect(await ids(a)).toEqual(['one']);
  });

  it('leaves other keys on the server untouched', async () => {
    const redis = newClient(server.url);
    await redis.connect();
    await redis.set('client', 'not ours');
    // The configuration expires. Stores of other tests have prefixes of their own.
    const listKeys = async () =>
      (await redis.keys(`${prefix}*`)).filter((key) => !key.endsWith(':configuration')).sort();
    const empty = await listKeys();
    await add(a, 'one');
    await append(a, 'one', '/', 10);
    await a.clear(['client', 'journal']);
    expect(await redis.get('client')).toBe('not ours');
    expect(await listKeys()).toEqual(empty);
    redis.destroy();
  });

  it('continues after Redis has lost the scripts of the store', async () => {
    await command(server, 'SCRIPT', 'FLUSH');
    expect(await add(a, 'one')).toBe(true);
  });

  it('refuses an old version even after the server has lost all data', async () => {
    await add(a, 'one');
    const [old] = (await a.read(clientRef('one'))).found;
    await command(server, 'FLUSHALL');
    await add(a, 'one');
    expect(await a.swap(putRecord(clientRef('one'), old, 'one', client('one')))).toBe(false);
  });
});

describe.skipIf(why !== undefined)('a store whose configured data takes long to write again', () => {
  let own: RedisServer;
  let store: Store;
  let lines: string[];
  beforeEach(async () => {
    own = await startRedis();
    lines = [];
    store = await createRedisStore({
      url: own.url,
      prefix: createPrefix(),
      onStatusChange: (line) => lines.push(line),
      async reseed(bare) {
        // Longer than a command may take.
        await pause(1_800);
        await bare.list('client');
      },
    });
  });
  afterEach(async () => {
    await store.close();
    await own.stop();
  });

  it('makes commands wait until the data is restored, and stays available', async () => {
    await command(own, 'FLUSHALL');
    expect(await add(store, 'one')).toBe(true);
    expect(lines).toEqual([expect.stringMatching(/has lost data/)]);
  });

  it('is available again after a restart of a server that has kept nothing', async () => {
    await own.signal('SIGKILL');
    await own.restart();
    await expect.poll(async () => add(store, 'one')).toBe(true);
    expect(lines.at(-1)).toMatch(/is available again/);
  });
});

describe.skipIf(why !== undefined)('unusual ids in Redis', () => {
  const HOSTILE = [
    '',
    'a:b',
    'a',
    'a"',
    'a","a',
    '{a}',
    '[a]',
    '\0',
    'a\0b',
    'a\nb',
    '\\',
    '%s %1',
    'null',
    '*',
    'ÿ\u{10ffff}Ωλ',
    '\ud800',
    '\udc00',
    'x'.repeat(10_000),
  ];

  it('keeps unusual ids apart in records, owners and logs', async () => {
    const store = await open();
    for (const id of HOSTILE) {
      expect(await add(store, id)).toBe(true);
      await append(store, id, id, 10);
    }
    expect(await ids(store)).toEqual(HOSTILE);
    for (const id of HOSTILE) {
      expect((await store.read(clientRef(id))).found[0]?.value.clientId).toBe(id);
      expect(await ids(store, id)).toEqual([id]);
      expect((await readEntries(store, { owner: id })).map(({ value }) => value.path)).toEqual([id]);
    }
    for (const [index, id] of HOSTILE.entries()) {
      await store.clear(['client', 'journal'], id);
      expect(await ids(store)).toEqual(HOSTILE.slice(index + 1));
      expect((await readEntries(store)).map(({ value }) => value.path)).toEqual(HOSTILE.slice(index + 1));
    }
  });

  it('reports unusual ids unchanged in change notifications', async () => {
    const store = await open();
    const notified: string[] = [];
    await store.watch((changed) => notified.push(changed?.id ?? 'missed'));
    for (const id of HOSTILE) await add(store, id);
    await expect.poll(() => notified).toEqual(HOSTILE);
  });
});

describe.skipIf(why !== undefined)('many records in Redis', () => {
  const MANY = 20_000;

  it('lists and clears many records within the time limit of a request', async () => {
    const store = await open();
    const scenario = (owner: string, n: number) => scenarioRef(owner, `${n}`);
    for (const owner of ['a', 'b']) {
      for (let n = 0; n < MANY / 2; n += 1000) {
        const some = Array.from({ length: 1000 }, (_, i) => scenario(owner, n + i));
        const value = { clientId: owner, scenario: { name: 's', steps: [] } };
        await store.swap(...some.map((ref) => putRecord(ref, undefined, owner, value)));
      }
    }
    const notified = new Set<string>();
    await store.watch((changed) => notified.add(changed?.id ?? 'missed'));
    expect(await store.list('scenario')).toHaveLength(MANY);
    await store.clear(['scenario'], 'a');
    expect(await store.list('scenario', 'b')).toHaveLength(MANY / 2);
    await store.clear(['scenario']);
    expect(await store.list('scenario')).toEqual([]);
    await expect.poll(() => notified.size).toBe(MANY);
  });

  it('reads a long log page by page', async () => {
    const store = await open();
    const all = Array.from({ length: 2_500 }, (_, n) => `${n}`);
    for (const path of all) await append(store, Number(path) % 2 === 0 ? 'a' : 'b', path, 2_000);
    const entries = await readEntries(store);
    expect(entries.map(({ value }) => value.path)).toEqual(all);
    const after = entries[1_000]?.id;
    expect((await readEntries(store, { owner: 'a', after })).map(({ value }) => value.path)).toEqual(
      all.slice(1_001).filter((path) => Number(path) % 2 === 0),
    );
  });
});

describe.skipIf(why !== undefined)('other connections to Redis', () => {
  it('connects by a Unix socket with a password and a database', async () => {
    const guarded = await startRedis({ socket: true, password: 'p:a%s/s' });
    try {
      const prefix = createPrefix();
      const store = await open(prefix, `${guarded.url}?db=3`);
      await add(store, 'one');
      expect(await ids(await open(prefix, guarded.url))).toEqual([]);
      expect(await ids(store)).toEqual(['one']);
      for (const one of opened.splice(-2)) await one.close();
    } finally {
      await guarded.stop();
    }
  });
});
