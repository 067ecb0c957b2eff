import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { createPrefix, findFreePort, type RedisServer, startRedis } from '../support/redis.ts';
import { command, MASTER_NAME, type SentinelGroup, startSentinelGroup } from '../support/sentinel.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** The published command; it needs a build. */
const COMMAND = path.join(import.meta.dirname, '../../dist/mock-veridas.cjs');
const PASSWORD = 'p@ss/w#rd%:';
const SENTINEL_PASSWORD = 'watch:er@';

describe.skipIf(why)(`an address that names Sentinels${why ? ` (${why})` : ''}`, () => {
  let group: SentinelGroup;
  let plain: RedisServer;
  let opened: Drive[] = [];
  beforeAll(async () => {
    group = await startSentinelGroup({ password: PASSWORD, sentinelPassword: SENTINEL_PASSWORD });
    plain = await startRedis();
  });
  afterAll(async () => {
    await group?.stop();
    await plain?.stop();
  });
  afterEach(async () => {
    for (const { mock } of opened) await mock.close();
    opened = [];
  });

  const start = async (store: string) => {
    const d = await openDrive({ store, storePrefix: createPrefix() });
    opened.push(d);
    return d;
  };
  const hostOf = ({ url }: RedisServer) => new URL(url).host;
  /** The address with some of its parts replaced. */
  const address = ({
    hosts = group.sentinels.map(hostOf),
    name = MASTER_NAME,
    login = `:${encodeURIComponent(PASSWORD)}@`,
    query = `?sentinel=:${encodeURIComponent(SENTINEL_PASSWORD)}`,
  } = {}) => `redis+sentinel://${login}${hosts.join(',')}/${name}${query}`;

  /** Ends the start, and returns what the command prints. */
  function failToStart(store: string): string {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [COMMAND, '--port', '0', '--store', store],
      {
        encoding: 'utf8',
        env: {},
      },
    );
    const output = stdout + stderr;
    expect([status, output]).toEqual([
      3,
      expect.stringMatching(/^mock-veridas: the store at redis.* cannot be used: .*\n$/),
    ]);
    for (const secret of [PASSWORD, SENTINEL_PASSWORD, 'wrong-secret'])
      for (const form of [secret, encodeURIComponent(secret)]) expect(output).not.toContain(form);
    return output;
  }

  it('is used with a password of the servers, another of the Sentinels, and a database', async () => {
    expect(group.url).toBe(address());
    expect((await (await start(address())).requestToken()).status).toBe(200);
    expect((await (await start(address({ name: `${MASTER_NAME}/3` }))).requestToken()).status).toBe(200);
  });

  it('is used while a Sentinel is down, another is frozen, and a wrong host is among them', async () => {
    const [first] = group.sentinels as [RedisServer];
    const unused = `127.0.0.1:${await findFreePort()}`;
    await first.signal('SIGSTOP');
    try {
      const hosts = [unused, hostOf(plain), ...group.sentinels.map(hostOf)];
      expect((await (await start(address({ hosts }))).requestToken()).status).toBe(200);
    } finally {
      await first.signal('SIGCONT');
    }
  });

  it('is used with the rights that the documentation lists for a user of the Sentinels', async () => {
    const rights =
      '+subscribe &+switch-master &+try-failover +ping +role +sentinel|master +sentinel|get-master-addr-by-name';
    for (const one of group.sentinels)
      await command(one, 'ACL', 'SETUSER', 'ci', 'reset', 'on', '>pass', ...rights.split(' '));
    const d = await start(address({ query: '?sentinel=ci:pass' }));
    expect((await d.requestToken()).status).toBe(200);
    for (const one of group.sentinels) expect(await command(one, 'ACL', 'LOG').catch(() => [])).toEqual([]);
  });

  it('has a master that is not named by its own address in the messages of an outage', async () => {
    await expect.poll(() => failToStart(address({ login: '' }))).toMatch(/: 127\.0\.0\.1:\d+: NOAUTH/);
    await expect
      .poll(() => failToStart(address({ login: ':wrong-secret@' })))
      .toMatch(/: 127\.0\.0\.1:\d+: WRONGPASS/);
  });

  it.each<[string, () => string, RegExp]>([
    [
      'an unknown name',
      () => address({ name: 'other' }),
      /the Sentinel at 127\.0\.0\.1:\d+ knows no master other, only simulators\n/,
    ],
    [
      'no password of the Sentinels',
      () => address({ query: '' }),
      /the Sentinel at 127\.0\.0\.1:\d+ answers: NOAUTH .*; add \?sentinel=USER:PASSWORD to the address\n/,
    ],
    [
      'a wrong password of the Sentinels',
      () => address({ query: '?sentinel=:wrong-secret' }),
      /the Sentinel at 127\.0\.0\.1:\d+ answers: WRONGPASS/,
    ],
    [
      'a Redis in place of a Sentinel',
      () => address({ hosts: [hostOf(plain)], query: '' }),
      /127\.0\.0\.1:\d+ is no Sentinel but a Redis: use redis:\/\/127\.0\.0\.1:\d+\n/,
    ],
    [
      'Sentinels that are not there',
      () => address({ hosts: ['127.0.0.1:1', 'no-such-host.invalid'] }),
      /no Sentinel answers: (?=.*127\.0\.0\.1:1: connection refused)(?=.*no-such-host\.invalid:26379: the host cannot be (found|resolved))/,
    ],
    [
      'TLS where the Sentinels have none',
      () => address().replace('redis+', 'rediss+'),
      /no Sentinel answers: .*redis\+sentinel:\/\//,
    ],
    [
      'a Sentinel in place of a Redis',
      () => group.sentinels[0]?.url ?? '',
      /it is a Sentinel: use redis\+sentinel:\/\/HOST:PORT\/simulators\n/,
    ],
    [
      'a replica in place of a master',
      () => group.servers[1]?.url ?? '',
      /it is a replica, which cannot be written: use its master 127\.0\.0\.1:\d+, or redis\+sentinel:\/\/HOST:PORT\/NAME\n/,
    ],
  ])('ends the start with %s, and tells how to fix it', async (_, getAddress, reason) => {
    // On a busy machine, an answer may come too late.
    await expect.poll(() => failToStart(getAddress())).toMatch(reason);
  });

  it('ends the start when the Sentinels do not answer', async () => {
    for (const one of group.sentinels) await one.signal('SIGSTOP');
    try {
      expect(failToStart(address())).toMatch(/no Sentinel answers: 127\.0\.0\.1:\d+: no answer/);
    } finally {
      for (const one of group.sentinels) await one.signal('SIGCONT');
    }
  });
});
