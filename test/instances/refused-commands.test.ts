import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { createFakePage } from '../support/fake-page.ts';
import { startRedis } from '../support/redis.ts';
import { useRedisForEach } from '../support/redis-for-each.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

const PAGE = path.join(import.meta.dirname, '../../docs/how-to/several-instances.md');
/** The rights that the page lists. */
const RIGHTS = (/`(\+eval [^`]*)`/.exec(readFileSync(PAGE, 'utf8'))?.[1] ?? '').replaceAll('\n', ' ');
const COMMANDS = RIGHTS.split(' ').map((right) => right.slice(1));

describe.skipIf(why)(`a Redis that refuses commands${why ? ` (${why})` : ''}`, () => {
  const set = useRedisForEach();
  let d: Drive | undefined;
  const start = async (url = set.server.url) => {
    d = await openDrive({ store: url, storePrefix: set.prefix, scenario: 'manual', logLevel: 'warn' });
    return d;
  };
  afterEach(async () => {
    await d?.mock.close();
    d = undefined;
  });

  /** The address for a user with these rights. */
  async function createUser(rights: string): Promise<string> {
    const keys = [`~${set.prefix}*`, `&${set.prefix}*`];
    await set.redis.sendCommand([
      'ACL',
      'SETUSER',
      'ci',
      'reset',
      'on',
      '>pass',
      ...keys,
      ...rights.split(' '),
    ]);
    return set.server.url.replace('//', '//ci:pass@');
  }

  it('is enough for everything when it permits the documented commands', async () => {
    const { admin, token, open, createClient: create } = await start(await createUser(RIGHTS));
    const made = await create();
    expect((await open(await token(made), 'v')).status).toBe(200);
    for (const route of ['/tokens', '/calls', '/requests', '/findings', '/health'])
      expect((await admin('GET', route)).status).toBe(200);
    expect((await admin('POST', '/clock/advance', { by: '1h' })).status).toBe(200);
    expect((await admin('POST', `/reset?client_id=${made.client_id}`)).status).toBe(204);
    expect((await admin('DELETE', `/clients/${made.client_id}`)).status).toBe(204);
    expect((await admin('POST', '/reset')).status).toBe(204);
    const denied = await set.redis.aclLog();
    // INFO tells whether the server evicts; it may be forbidden.
    expect(denied.map(({ object }) => object)).toEqual(['info']);
    expect(set.lines).toEqual([]);
  });

  it.each(COMMANDS)('ends the start when it does not permit %s', async (command) => {
    const url = await createUser(RIGHTS.replace(`+${command}`, `-${command}`));
    await expect(start(url)).rejects.toThrow(new RegExp(`cannot be used: .*\\b${command}\\b`, 'i'));
  });

  it('answers with 503 and the name of the command when it is forbidden later', async () => {
    const { requestToken, admin } = await start(await createUser(RIGHTS));
    await set.redis.sendCommand(['ACL', 'SETUSER', 'ci', '-xadd']);
    const statuses = new Set<number>();
    for (let n = 0; n < 20; n += 1) statuses.add((await requestToken()).status);
    expect([...statuses]).toEqual([503]);
    expect(set.lines).toEqual([expect.stringMatching(/is unavailable: .*XADD/)]);
    await set.redis.sendCommand(['ACL', 'SETUSER', 'ci', '+xadd']);
    await expect.poll(async () => (await admin('GET', '/health')).status).toBe(200);
    expect((await requestToken()).status).toBe(200);
  });

  it('ends the start when another program uses one of the keys', async () => {
    await set.redis.set(`${set.prefix}{0}:records`, 'not ours');
    await expect(start()).rejects.toThrow(`WRONGTYPE`);
    await expect(start()).rejects.toThrow(`${set.prefix}{0}:records`);
  });

  it('answers with 503 and the key when another program overwrites one', async () => {
    const { requestToken, admin } = await start();
    await set.redis.set(`${set.prefix}{0}:records`, 'not ours');
    for (let n = 0; n < 5; n += 1) {
      const answer = await requestToken();
      expect([answer.status, await answer.text()]).toEqual([
        503,
        expect.stringContaining(`${set.prefix}{0}:records`),
      ]);
    }
    expect((await admin('POST', '/reset')).status).toBe(503);
    expect(set.lines).toEqual([expect.stringMatching(/is unavailable: WRONGTYPE .*:records\)/)]);
  });

  it('reads, deletes and resets when it is full, and says so once', async () => {
    const { requestToken, admin, createClient: create } = await start();
    const made = await create();
    const used = Number(/used_memory:(\d+)/.exec(await set.redis.info('memory'))?.[1]);
    for (let n = 0; n < 2_500; n += 1) await requestToken({ ...made });
    await set.redis.configSet('maxmemory', `${used + 1_200_000}`);
    for (let n = 0; n < 3; n += 1) {
      const refused = await requestToken();
      expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('OOM')]);
    }
    for (const route of ['/tokens', '/clients', '/calls', '/requests/count'])
      expect((await admin('GET', route)).status).toBe(200);
    expect((await admin('GET', '/health')).status).toBe(503);
    expect(set.lines).toEqual([expect.stringMatching(/is full: OOM/)]);
    expect((await admin('POST', `/reset?client_id=${made.client_id}`)).status).toBe(204);
    expect((await requestToken()).status).toBe(200);
    await expect.poll(() => set.lines.at(-1)).toMatch(/has room again/);

    for (let n = 0; n < 2_500; n += 1) await requestToken();
    expect((await admin('GET', '/health')).status).toBe(503);
    expect((await admin('POST', '/reset')).status).toBe(204);
    expect((await requestToken()).status).toBe(200);
  });

  it('has an open page receive what fell due while it was full', async () => {
    const { open, token, admin } = await start();
    const steps = [{ after: '3s', post: { type: 'info', code: 'said', message: 'M' } }];
    await admin('PUT', '/scenarios/talks', { steps });
    await admin('PUT', '/validations/v', { scenario: 'talks' });
    const { html } = await open(await token(), 'v');
    const page = createFakePage(html, d?.mock.url ?? '');
    await page.waitForText('waiting-room');
    await set.redis.configSet('maxmemory', '1');
    await expect.poll(() => set.lines).toEqual([expect.stringMatching(/is full: OOM/)]);
    await expect.poll(async () => (await admin('GET', '/calls')).json.items[0].events).toHaveLength(1);
    await set.redis.configSet('maxmemory', '0');
    await page.waitForText('said');
  });

  it('ends the start at a node of a cluster', async () => {
    await set.redis.destroy();
    await set.server.stop();
    set.server = await startRedis({ cluster: true });
    await expect(start()).rejects.toThrow(/cluster/i);
  });
});
