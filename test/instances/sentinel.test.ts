import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { createPrefix, type RedisServer } from '../support/redis.ts';
import { command, type SentinelGroup, startSentinelGroup } from '../support/sentinel.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** The longest that a request may wait. An idle machine needs a second. */
const MAX_WAIT_MS = 8_000;

describe.skipIf(why)(`a simulator with Sentinels${why ? ` (${why})` : ''}`, () => {
  let group: SentinelGroup;
  let prefix: string;
  let instances: Drive[];
  let lines: string[];
  const start = async () => {
    const d = await openDrive({
      store: group.url,
      storePrefix: prefix,
      scenario: 'manual',
      logLevel: 'warn',
    });
    instances.push(d);
    return d;
  };
  beforeEach(async () => {
    group = await startSentinelGroup();
    prefix = createPrefix();
    instances = [];
    lines = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      if (String(text).includes('the store at')) lines.push(String(text).trim());
      return true;
    });
  }, 60_000);
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const { mock } of instances) await mock.close();
    await group?.stop();
  });

  /** Asks for tokens all the time, and keeps those that were answered. */
  function keepIssuing(d: Drive) {
    const issued: string[] = [];
    const statuses: number[] = [];
    let longest = 0;
    let isStopped = false;
    const done = (async () => {
      while (!isStopped) {
        const begun = performance.now();
        const answer = await d.requestToken();
        longest = Math.max(longest, performance.now() - begun);
        statuses.push(answer.status);
        if (answer.status === 200)
          issued.push(((await answer.json()) as { access_token: string }).access_token);
      }
    })();
    return {
      issued,
      statuses,
      async stop() {
        isStopped = true;
        await done;
        return { longest };
      },
    };
  }
  const waitUntilAvailable = (d: Drive) =>
    expect.poll(async () => (await d.admin('GET', '/health')).status, { timeout: 30_000 }).toBe(200);
  const hasToken = (server: RedisServer, token: string) =>
    command<number>(server, 'HEXISTS', `${prefix}token`, JSON.stringify(token));
  async function findLost(tokens: readonly string[]): Promise<string[]> {
    const master = await group.findMaster();
    const found = await Promise.all(tokens.map((token) => hasToken(master, token)));
    return tokens.filter((_, i) => found[i] === 0);
  }

  it('leaves a master that the Sentinels replace before it loses a token', async () => {
    const [a, b] = [await start(), await start()];
    const issuing = [keepIssuing(a), keepIssuing(b)];
    await expect.poll(() => issuing.every(({ issued }) => issued.length > 20)).toBe(true);
    const old = await group.findMaster();
    const t0 = performance.now();
    await command(group.sentinels[1] as RedisServer, 'SENTINEL', 'FAILOVER', 'mymaster');
    await group.waitUntilReplaced(old);
    const t1 = performance.now();
    await waitUntilAvailable(a);
    await waitUntilAvailable(b);
    console.log('switch', t1 - t0, 'available', performance.now() - t1);
    const before = issuing.map(({ issued }) => issued.length);
    await expect
      .poll(() => issuing.every(({ issued }, i) => issued.length > 20 + (before[i] ?? 0)))
      .toBe(true);
    for (const one of issuing) {
      console.log(await one.stop(), one.issued.length, one.statuses.filter((s) => s !== 200).length);
      expect(new Set(one.statuses)).toEqual(new Set([200, 503]));
      expect(await findLost(one.issued)).toEqual([]);
    }
    console.log(lines);
  }, 90_000);

  it('continues at the new master when the old one is killed', async () => {
    const d = await start();
    const issuing = keepIssuing(d);
    await expect.poll(() => issuing.issued.length > 20).toBe(true);
    const old = await group.findMaster();
    await old.signal('SIGKILL');
    const t0 = performance.now();
    await expect.poll(() => issuing.statuses.at(-1)).toBe(503);
    await group.waitUntilReplaced(old);
    const t1 = performance.now();
    await waitUntilAvailable(d);
    console.log('switch', t1 - t0, 'available', performance.now() - t1);
    const { longest } = await issuing.stop();
    console.log('longest', longest, issuing.issued.length, await findLost(issuing.issued));
    console.log(lines);
    expect(longest).toBeLessThan(MAX_WAIT_MS);
  }, 90_000);
});
void openFakePage;
