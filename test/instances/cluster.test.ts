import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findHome, type Partition, toKeyPrefix, toPartition } from '../../src/store/redis/partition.ts';
import { toField } from '../../src/store/redis/records.ts';
import { createRedisStore } from '../../src/store/redis/redis-store.ts';
import { type ClusterGroup, startRedisCluster } from '../support/cluster.ts';
import { type Credentials, type Drive, driveAt, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { startInstance } from '../support/instances.ts';
import { keepIssuing } from '../support/keep-issuing.ts';
import { createPrefix, type RedisServer } from '../support/redis.ts';
import { command, repeatUntil } from '../support/sentinel.ts';
import { storeSuite } from '../support/store-suite.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** The longest that a request may wait. An idle machine needs two seconds. */
const MAX_WAIT_MS = 30_000;
/** A request waits longer for a slot that is being moved, and for a server that does not answer. */
const MIN_WAIT_MS = 900;
const FAIL_OVER_MS = 60_000;

let group: ClusterGroup;
beforeAll(async () => {
  if (why === undefined) group = await startRedisCluster();
});
afterAll(() => group?.stop());

describe.skipIf(why)(`a store on a cluster${why ? ` (${why})` : ''}`, () => {
  storeSuite('cluster', () =>
    createRedisStore({
      url: group.url,
      prefix: createPrefix(),
      onStatusChange: () => {},
      reseed: async () => {},
    }),
  );
});

/** A client and where its records are. */
interface Placed {
  readonly client: Credentials;
  readonly partition: Partition;
  readonly master: RedisServer;
}

describe.skipIf(why)(`two simulators on a cluster${why ? ` (${why})` : ''}`, () => {
  let prefix: string;
  let lines: string[];
  let a: Drive;
  let b: Drive;
  beforeEach(async () => {
    await group.waitUntilWhole();
    prefix = createPrefix();
    lines = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      if (String(text).includes('the store at')) lines.push(String(text).trim());
      return true;
    });
    const options = { store: group.url, storePrefix: prefix, scenario: 'manual', logLevel: 'warn' } as const;
    [a, b] = [await openDrive(options), await openDrive(options)];
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const node of group.nodes) await node.restore();
    for (const { mock } of [a, b]) await mock.close();
  });

  const findSlot = (partition: Partition) => group.findSlot(toKeyPrefix(prefix, partition));
  const findMaster = async (partition: Partition) => group.findMaster(await findSlot(partition));
  /** A client for each master, at one of its partitions. */
  async function createClients(): Promise<Placed[]> {
    const found = new Map<RedisServer, Placed>();
    for (let n = 0; found.size < 3; n += 1) {
      const client = { client_id: `client-${n}`, client_secret: 'secret' };
      const partition = toPartition(client.client_id);
      const master = await findMaster(partition);
      if (found.has(master)) continue;
      await a.createClient(client);
      found.set(master, { client, partition, master });
    }
    return [...found.values()];
  }
  const waitForStatus = (d: Pick<Drive, 'admin'>, status: number) =>
    expect.poll(async () => (await d.admin('GET', '/health')).status, { timeout: FAIL_OVER_MS }).toBe(status);
  /** Those of the tokens that the store does not have. */
  async function findLost(tokens: readonly string[]): Promise<string[]> {
    const kept = new Set<string>();
    for (const partition of new Set(tokens.map(findHome))) {
      const master = await findMaster(partition);
      const key = `${toKeyPrefix(prefix, partition)}records`;
      for (const field of await repeatUntil(() => command<string[]>(master, 'HKEYS', key))) kept.add(field);
    }
    return tokens.filter((token) => !kept.has(toField('token', token)));
  }
  const post = (d: Drive, code: string, validation = 'v') =>
    d.admin('POST', `/calls/${validation}/events`, { type: 'info', code, message: '' });

  // On a busy machine a node may answer too late at any time, which is an error that no hand-over causes.
  it('follow a master that hands over to its replica, without an error', { retry: 2 }, async () => {
    const [one, ...others] = await createClients();
    const clients = [one, ...others].map((each) => each?.client as Credentials);
    const issuing = clients.flatMap((client) => [a, b].map((d) => keepIssuing(d, client)));
    await Promise.all(issuing.map((each) => each.waitForMore()));
    await group.failOver(one?.master as RedisServer);
    await Promise.all(issuing.map((each) => each.waitForMore()));
    for (const each of issuing) {
      expect(await each.stop()).toBeLessThan(MAX_WAIT_MS);
      expect(new Set(each.statuses)).toEqual(new Set([200]));
      expect(await findLost(each.issued)).toEqual([]);
    }
    expect(lines).toEqual([]);
  });

  it('answer 503 to the clients of a killed master only, and continue at its replica', async () => {
    const clients = await createClients();
    const issuing = clients.map(({ client }, i) => keepIssuing(i % 2 === 0 ? a : b, client));
    await Promise.all(issuing.map((each) => each.waitForMore()));
    const [killed, ...kept] = issuing as [(typeof issuing)[0], ...typeof issuing];
    const old = clients[0]?.master as RedisServer;
    const replica = await group.findReplica(old);
    await command(replica, 'CONFIG', 'SET', 'cluster-replica-no-failover', 'yes');
    await group.killWhenReplicated(old);
    await expect.poll(() => killed.statuses.at(-1)).toBe(503);
    await Promise.all(kept.map((each) => each.waitForMore()));
    expect(killed.statuses.at(-1)).toBe(503);
    const { json } = await a.admin('GET', '/health');
    expect(json).toMatchObject({
      status: 'degraded',
      message: expect.stringMatching(/degraded: 1 of 3 shards/),
    });
    await command(replica, 'CONFIG', 'SET', 'cluster-replica-no-failover', 'no');
    await group.waitUntilReplaced(old);
    await old.restart();
    await Promise.all(issuing.map((each) => each.waitForMore()));
    for (const each of issuing) {
      expect(await each.stop()).toBeLessThan(MAX_WAIT_MS);
      expect(await findLost(each.issued)).toEqual([]);
    }
    expect(new Set(killed.statuses)).toEqual(new Set([200, 503]));
    expect(lines.join('\n')).toMatch(
      /a shard of the store at \S+ is unavailable: 127\.0\.0\.1:\d+: .*(?:is|are) available again$/s,
    );
  });

  it('wait while a slot is moved, and answer 503 to its clients only when that takes long', async () => {
    const [moved, other] = (await createClients()) as [Placed, Placed];
    const issuing = [a, b].map((d) => keepIssuing(d, moved.client));
    const elsewhere = keepIssuing(a, other.client);
    await Promise.all([...issuing, elsewhere].map((each) => each.waitForMore()));
    const slot = await findSlot(moved.partition);
    await (await group.beginMove(slot, other.master)).finish();
    await Promise.all(issuing.map((each) => each.waitForMore()));
    for (const { statuses, durationsMs } of issuing) {
      const waitedMs = durationsMs[statuses.findIndex((status) => status !== 200)];
      // A slow machine may not move it in time.
      expect(waitedMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(MIN_WAIT_MS);
    }

    const back = await group.beginMove(slot, moved.master);
    await expect.poll(() => issuing.every(({ statuses }) => statuses.at(-1) === 503)).toBe(true);
    // Later, neither node answers anyone while large keys are moved.
    await elsewhere.waitForMore();
    expect(issuing.map(({ statuses }) => statuses.at(-1))).toEqual([503, 503]);
    expect((await a.admin('GET', '/health')).json.message).toMatch(/degraded: .*/);
    await back.finish();
    await Promise.all(issuing.map((each) => each.waitForMore()));
    await waitForStatus(a, 200);
    for (const each of [...issuing, elsewhere]) {
      expect(await each.stop()).toBeLessThan(MAX_WAIT_MS);
      expect(await findLost(each.issued)).toEqual([]);
    }
    expect(lines.join('\n')).toMatch(
      /a part of the store at \S+ is unavailable: .*(?:is|are) available again$/s,
    );
  });

  it('answer no token at a frozen master that wakes up after it was replaced', async () => {
    const [{ client, master }] = (await createClients()) as [Placed];
    const issuing = [a, b].map((d) => keepIssuing(d, client));
    await Promise.all(issuing.map((each) => each.waitForMore()));
    await command(master, 'CLIENT', 'PAUSE', '1', 'ALL');
    await master.signal('SIGSTOP');
    const before = issuing.map(({ issued }) => [...issued]);
    await group.waitUntilReplaced(master);
    await master.signal('SIGCONT');
    await Promise.all(issuing.map((each) => each.waitForMore()));
    for (const [i, each] of issuing.entries()) {
      expect(await each.stop()).toBeLessThan(MAX_WAIT_MS);
      const since = each.issued.filter((token) => !before[i]?.includes(token));
      expect(await findLost(since)).toEqual([]);
    }
  });

  it('make an open page receive every event that is posted after a fail-over, at either instance', async () => {
    const page = await openFakePage(a, await b.token(), 'v');
    await post(b, 'First');
    await page.waitForText('First');
    const old = await findMaster(toPartition('sandbox-client'));
    await old.signal('SIGKILL');
    await waitForStatus(a, 503);
    for (const d of [a, b]) await waitForStatus(d, 200);
    for (const [code, d] of Object.entries({ Second: a, Third: b })) {
      expect((await post(d, code)).status).toBe(200);
      await page.waitForText(code);
    }
    expect(page.getReceived().match(/First|Second|Third/g)).toEqual(['First', 'Second', 'Third']);
    await old.restart();
    page.disconnect();
  });

  it('lose no token that a replica has acknowledged, and give no journal entry the id of one that was lost', async () => {
    const [{ client, partition, master: old }] = (await createClients()) as [Placed];
    const replica = await group.findReplica(old);
    const set = (name: string, value: string) => command(old, 'CONFIG', 'SET', name, value);
    await set('min-replicas-max-lag', '3');
    await set('min-replicas-to-write', '1');
    const kept = [await a.token(client), await b.token(client)];
    await group.waitUntilReplicated(old);
    await replica.signal('SIGSTOP');
    const issuing = keepIssuing(a, client);
    await expect.poll(() => issuing.statuses.at(-1), { timeout: FAIL_OVER_MS }).toBe(503);
    await issuing.stop();
    expect((await b.admin('GET', '/health')).json.message).toMatch(
      /1 of 3 shards is unavailable: .*NOREPLICAS/,
    );
    await old.signal('SIGKILL');
    await replica.signal('SIGCONT');
    for (const d of [a, b]) await waitForStatus(d, 200);
    expect(await findMaster(partition)).toBe(replica);
    expect(await findLost(kept)).toEqual([]);
    const { json: before } = await a.admin('GET', '/requests');
    const last = before.items.at(-1).id;
    const waiting = b.admin('POST', '/wait', { for: { request: { path: '/o/token/' } }, after: last });
    const more = await a.token(client);
    expect((await waiting).status).toBe(200);
    expect(await findLost([more])).toEqual([]);
    await old.restart();
  });

  it('have what is configured again when a master is flushed, and keep what the others have', async () => {
    const clients = await createClients();
    const flushed = await findMaster(toPartition('sandbox-client'));
    const kept = clients.filter(({ master }) => master !== flushed).map(({ client }) => client);
    const tokens = await Promise.all(kept.map((client) => a.token(client)));
    await command(flushed, 'FLUSHALL');
    for (const d of [a, b]) {
      expect((await d.requestToken()).status).toBe(200);
      expect((await d.admin('GET', '/clients')).json.total).toBe(1 + kept.length);
      expect((await d.admin('GET', '/health')).status).toBe(200);
    }
    expect(await findLost(tokens)).toEqual([]);
    const lost = lines.filter((line) => line.includes('has lost data'));
    expect(lost).toHaveLength(2);
  });

  it('have what is configured again when all masters are flushed at once', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const config = path.join(folder, 'config.yaml');
    writeFileSync(config, 'validations:\n  - validation_id: configured\n    confirmed: true\n');
    const flags = ['--config', config, '--store', group.url, '--store-prefix', createPrefix()];
    const instance = await startInstance(flags);
    onTestFinished(instance.kill);
    const { url } = instance;
    const d = driveAt({ url, adminUrl: `${url}/__admin` });
    for (const master of await group.findMasters()) await command(master, 'FLUSHALL');
    expect((await d.requestToken()).status).toBe(200);
    const { json } = await d.admin('GET', '/validations');
    expect(json.items).toMatchObject([{ validation_id: 'configured', confirmed: true }]);
    expect((await d.admin('GET', '/health')).status).toBe(200);
  });

  it('answer 503 while no node is there, and continue by themselves', async () => {
    const tokens = [await a.token(), await b.token()];
    for (const node of group.nodes) await node.signal('SIGKILL');
    for (const d of [a, b]) {
      await expect.poll(async () => (await d.requestToken()).status).toBe(503);
      await expect
        .poll(async () => (await d.admin('GET', '/health')).json.message)
        .toMatch(/is degraded: 3 of 3 shards are unavailable: 127\.0\.0\.1:\d+: .*; 127\.0\.0\.1:\d+: /);
    }
    for (const node of group.nodes) await node.restart();
    for (const d of [a, b]) await waitForStatus(d, 200);
    expect(await findLost(tokens)).toEqual([]);
    for (const d of [a, b]) expect((await d.requestToken()).status).toBe(200);
  });

  it('spread the tokens of 60 clients over the masters, none of which has more than 1.3 times its third', async () => {
    const clients = Array.from({ length: 60 }, (_, n) => ({ client_id: `client-${n}`, client_secret: 's' }));
    for (const client of clients) await a.token(await a.createClient(client));
    const masters = await group.findMasters();
    const found = await Promise.all(
      masters.map((master) => command<string[]>(master, 'KEYS', `${prefix}*:of:token:*`)),
    );
    const counts = found.map(({ length }) => length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1.3 * 20);
  });

  it('have sent no command for keys of several slots', async () => {
    for (const node of group.nodes) {
      const errors = await command<string>(node, 'INFO', 'errorstats');
      expect(errors).not.toMatch(/CROSSSLOT/);
    }
  });
});
