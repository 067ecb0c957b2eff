import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { toKeyPrefix, toPartition } from '../../src/store/redis/partition.ts';
import { createRedisStore } from '../../src/store/redis/redis-store.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { keepIssuing } from '../support/keep-issuing.ts';
import { createPrefix, type RedisServer } from '../support/redis.ts';
import {
  command,
  MASTER_NAME,
  repeatUntil,
  type SentinelGroup,
  startSentinelGroup,
} from '../support/sentinel.ts';
import { storeSuite } from '../support/store-suite.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** The longest that a request may wait. An idle machine needs a second. */
const MAX_WAIT_MS = 30_000;
const FAIL_OVER_MS = 60_000;

let group: SentinelGroup;
beforeAll(async () => {
  if (why === undefined) group = await startSentinelGroup();
});
afterAll(() => group?.stop());

describe.skipIf(why)(`a store that Sentinels watch${why ? ` (${why})` : ''}`, () => {
  storeSuite('sentinel', () =>
    createRedisStore({
      url: group.url,
      prefix: createPrefix(),
      onStatusChange: () => {},
      reseed: async () => {},
    }),
  );
});

describe.skipIf(why)(`two simulators with Sentinels${why ? ` (${why})` : ''}`, () => {
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
    for (const { mock } of [a, b]) await mock.close();
  });

  const waitForStatus = (d: Drive, status: number) =>
    expect.poll(async () => (await d.admin('GET', '/health')).status, { timeout: FAIL_OVER_MS }).toBe(status);
  const listTokens = async (server: RedisServer) => {
    const records = `${toKeyPrefix(prefix, toPartition('sandbox-client'))}records`;
    const fields = await repeatUntil(() => command<string[]>(server, 'HKEYS', records));
    return new Set(
      fields
        .filter((field) => field.startsWith('token"'))
        .map((field) => JSON.parse(field.slice(5)) as string),
    );
  };
  async function findLost(tokens: readonly string[]): Promise<string[]> {
    const kept = await listTokens(await group.findMaster());
    return tokens.filter((token) => !kept.has(token));
  }
  const post = (d: Drive, code: string) =>
    d.admin('POST', '/calls/v/events', { type: 'info', code, message: '' });

  it('leave a master that is being replaced before they answer tokens that the next one lacks', async () => {
    const issuing = [a, b].map((d) => keepIssuing(d));
    await Promise.all(issuing.map((one) => one.waitForMore()));
    const old = await group.findMaster();
    await command(group.sentinels[1] as RedisServer, 'SENTINEL', 'FAILOVER', MASTER_NAME);
    await group.waitUntilReplaced(old);
    await Promise.all(issuing.map((one) => one.waitForMore()));
    for (const one of issuing) {
      expect(await one.stop()).toBeLessThan(MAX_WAIT_MS);
      // One request may be under way. Without leaving, all that are answered for a second are lost.
      expect((await findLost(one.issued)).length).toBeLessThanOrEqual(1);
    }
    expect(lines.join('\n')).toMatch(
      /is unavailable: 127\.0\.0\.1:\d+: its Sentinels .*\n.* available again/s,
    );
  });

  it('continue at the new master, and never at the old one that comes back', async () => {
    const issuing = [a, b].map((d) => keepIssuing(d));
    await Promise.all(issuing.map((one) => one.waitForMore()));
    const old = await group.findMaster();
    await group.killWhenReplicated(old);
    await expect.poll(() => issuing.every(({ statuses }) => statuses.at(-1) === 503)).toBe(true);
    await group.waitUntilReplaced(old);
    await old.restart();
    const atReturn = await listTokens(old);
    await Promise.all(issuing.map((one) => one.waitForMore()));
    for (const one of issuing) {
      expect(await one.stop()).toBeLessThan(MAX_WAIT_MS);
      expect(new Set(one.statuses)).toEqual(new Set([200, 503]));
      expect(await findLost(one.issued)).toEqual([]);
    }
    expect(atReturn.size).toBeGreaterThan(0);
    expect(lines.join('\n')).toMatch(/is unavailable: 127\.0\.0\.1:\d+: .*is available again$/s);
  });

  it('answer no token at a frozen master that wakes up after it was replaced', async () => {
    const issuing = [a, b].map((d) => keepIssuing(d));
    await Promise.all(issuing.map((one) => one.waitForMore()));
    const old = await group.findMaster();
    await command(old, 'CLIENT', 'PAUSE', '1', 'ALL');
    await old.signal('SIGSTOP');
    const before = issuing.map(({ issued }) => [...issued]);
    await group.waitUntilReplaced(old);
    await old.signal('SIGCONT');
    await Promise.all(issuing.map((one) => one.waitForMore()));
    for (const [i, one] of issuing.entries()) {
      expect(await one.stop()).toBeLessThan(MAX_WAIT_MS);
      const since = one.issued.filter((token) => !before[i]?.includes(token));
      expect(await findLost(since)).toEqual([]);
    }
  });

  it('make an open page receive every event that is posted after a fail-over, at either instance', async () => {
    const page = await openFakePage(a, await b.token(), 'v');
    await post(b, 'First');
    await page.waitForText('First');
    const old = await group.findMaster();
    await old.signal('SIGKILL');
    onTestFinished(old.restart);
    await waitForStatus(a, 503);
    for (const d of [a, b]) await waitForStatus(d, 200);
    for (const [code, d] of Object.entries({ Second: a, Third: b })) {
      expect((await post(d, code)).status).toBe(200);
      await page.waitForText(code);
    }
    expect(page.getReceived().match(/First|Second|Third/g)).toEqual(['First', 'Second', 'Third']);
    page.disconnect();
  });

  it('give no journal entry the id of one that was lost, and lose no token that replicas have acknowledged', async () => {
    const old = await group.findMaster();
    const replicas = group.servers.filter((server) => server !== old);
    const set = (name: string, value: string) => command(old, 'CONFIG', 'SET', name, value);
    // A replica acknowledges once a second, and later on a busy machine.
    await set('min-replicas-max-lag', '3');
    await set('min-replicas-to-write', '1');
    const kept = [await a.token(), await b.token()];
    await expect
      .poll(async () => (await Promise.all(replicas.map(listTokens))).every((all) => all.has(kept[1] ?? '')))
      .toBe(true);
    for (const one of replicas) await one.signal('SIGSTOP');
    const issuing = keepIssuing(a);
    await expect.poll(() => issuing.statuses.at(-1), { timeout: FAIL_OVER_MS }).toBe(503);
    await issuing.stop();
    const { json } = await b.admin('GET', '/health');
    expect(json.message).toMatch(/NOREPLICAS/);
    await old.signal('SIGKILL');
    onTestFinished(old.restart);
    for (const one of replicas) await one.signal('SIGCONT');
    for (const d of [a, b]) await waitForStatus(d, 200);
    expect(await findLost(kept)).toEqual([]);
    const { json: before } = await a.admin('GET', '/requests');
    const last = before.items.at(-1).id;
    const waiting = b.admin('POST', '/wait', { for: { request: { path: '/o/token/' } }, after: last });
    const more = await a.token();
    expect((await waiting).status).toBe(200);
    expect(await findLost([more])).toEqual([]);
  });
});
