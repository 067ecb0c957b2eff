import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterGroup, startRedisCluster } from '../support/cluster.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { createPrefix, findFreePort, type RedisServer, startRedis, startServer } from '../support/redis.ts';
import { command, repeatUntil } from '../support/sentinel.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** The published command; it needs a build. */
const COMMAND = path.join(import.meta.dirname, '../../dist/mock-veridas.cjs');
const PASSWORD = 'p@ss/w#rd%:';
const PAGE = readFileSync(path.join(import.meta.dirname, '../../docs/how-to/several-instances.md'), 'utf8');
/** The rights that the page lists, beginning with this one. */
const readRights = (first: string) =>
  (new RegExp(`\`(\\${first} [^\`]*)\``).exec(PAGE)?.[1] ?? '').split(/\s+/);

describe.skipIf(why)(`an address that names nodes of a cluster${why ? ` (${why})` : ''}`, () => {
  let group: ClusterGroup;
  let plain: RedisServer;
  let alone: RedisServer;
  let sentinel: RedisServer;
  let opened: Drive[] = [];
  beforeAll(async () => {
    group = await startRedisCluster({ password: PASSWORD });
    plain = await startRedis();
    alone = await startRedis({ cluster: true });
    const port = await findFreePort();
    sentinel = await startServer(`redis://127.0.0.1:${port}`, `port ${port}`, { flags: ['--sentinel'] });
  });
  afterAll(async () => {
    await group?.stop();
    for (const one of [plain, alone, sentinel]) await one?.stop();
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
  const LOGIN = `:${encodeURIComponent(PASSWORD)}@`;
  const address = (hosts: readonly string[], login = LOGIN) => `redis+cluster://${login}${hosts.join(',')}`;

  /** Ends the start, and returns what the command prints. */
  function failToStart(store: string): string {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [COMMAND, '--port', '0', '--store', store],
      { encoding: 'utf8', env: {} },
    );
    const output = stdout + stderr;
    expect([status, output]).toEqual([
      3,
      expect.stringMatching(/^mock-veridas: (a shard of )?the store at redis.* cannot be used: .*\n$/),
    ]);
    for (const secret of [PASSWORD, 'wrong-secret'])
      for (const form of [secret, encodeURIComponent(secret)]) expect(output).not.toContain(form);
    return output;
  }

  it('is used with the address of any node, a database 0, and nodes that are not there', async () => {
    const [first = '', last = ''] = [group.nodes.at(0), group.nodes.at(-1)].map(
      (node) => node && hostOf(node),
    );
    const unused = `127.0.0.1:${await findFreePort()}`;
    for (const store of [
      address([first]),
      address([last]),
      `${address([first, last])}/0`,
      address([unused, hostOf(plain), last]),
    ])
      expect((await (await start(store)).requestToken()).status).toBe(200);
  });

  const CLUSTER_RIGHTS = readRights('+ssubscribe');
  const RIGHTS = [...readRights('+eval'), ...CLUSTER_RIGHTS];
  /** The address for a user of all nodes with these rights. */
  async function createUser(rights: readonly string[]): Promise<string> {
    const keys = ['~mock-veridas:*', '&mock-veridas:*'];
    for (const one of group.nodes)
      await command(one, 'ACL', 'SETUSER', 'ci', 'reset', 'on', '>pass', ...keys, ...rights);
    return address(group.nodes.map(hostOf), 'ci:pass@');
  }

  it('is used with the rights that the documentation lists for a cluster', async () => {
    const url = await createUser(RIGHTS);
    for (const one of group.nodes) await command(one, 'ACL', 'LOG', 'RESET');
    const d = await openDrive({ store: url });
    opened.push(d);
    expect((await d.requestToken()).status).toBe(200);
    expect((await d.admin('POST', '/reset')).status).toBe(204);
    for (const one of group.nodes) {
      const denied = await command<string[][]>(one, 'ACL', 'LOG');
      // INFO tells whether the server evicts; it may be forbidden.
      expect(denied.filter((entry) => !entry.includes('info'))).toEqual([]);
    }
  });

  it.each(CLUSTER_RIGHTS)('ends the start when the user does not have the right %s', async (right) => {
    const url = await createUser(RIGHTS.filter((one) => one !== right));
    await expect.poll(() => failToStart(url).toLowerCase()).toContain(right.slice(1));
  });

  it.each<[string, () => string, RegExp]>([
    [
      'a single Redis',
      () => address([hostOf(plain)], ''),
      /127\.0\.0\.1:\d+ is no node of a cluster but a single Redis: use redis:\/\/127\.0\.0\.1:\d+\n/,
    ],
    [
      'a Sentinel',
      () => address([hostOf(sentinel)], ''),
      /127\.0\.0\.1:\d+: it is a Sentinel: use redis\+sentinel:\/\/HOST:PORT\/NAME\n/,
    ],
    [
      'a node that has no slots',
      () => address([hostOf(alone)], ''),
      /the cluster has slots that are assigned to no node \(16384\): assign them with redis-cli --cluster fix HOST:PORT\n/,
    ],
    [
      'a node of a cluster as a single Redis',
      () => group.nodes[0]?.url ?? '',
      /it is a node of a cluster: use redis\+cluster:\/\/HOST:PORT\n/,
    ],
    [
      'a replica of a cluster as a single Redis',
      () => group.nodes.at(-1)?.url ?? '',
      /it is a node of a cluster: use redis\+cluster:\/\/HOST:PORT\n/,
    ],
    [
      'a node that belongs to no cluster yet as a single Redis',
      () => alone.url,
      /it is a node of a cluster: use redis\+cluster:\/\/HOST:PORT\n/,
    ],
    [
      'a node of a cluster as a Sentinel',
      () => `redis+sentinel://${hostOf(alone)}/name`,
      /127\.0\.0\.1:\d+ is no Sentinel but a Redis/,
    ],
    [
      'nodes that are not there',
      () => address(['127.0.0.1:1', 'no-such-host.invalid']),
      /no node answers: (?=.*127\.0\.0\.1:1: connection refused)(?=.*no-such-host\.invalid:6379: the host cannot be (found|resolved))/,
    ],
    [
      'no password',
      () => address([hostOf(group.nodes[0] as RedisServer)], ''),
      /the node at \S+ answers: NOAUTH/,
    ],
    [
      'a wrong password',
      () => address([hostOf(group.nodes[0] as RedisServer)], ':wrong-secret@'),
      /the node at \S+ answers: WRONGPASS/,
    ],
    [
      'TLS where the nodes have none',
      () => group.url.replace('redis+', 'rediss+'),
      /no node answers: .*redis\+cluster:\/\//,
    ],
  ])('ends the start with %s, and tells how to fix it', async (_, getAddress, reason) => {
    // On a busy machine, an answer may come too late.
    await expect.poll(() => failToStart(getAddress())).toMatch(reason);
  });

  it('ends the start when a node announces an address where it cannot be reached, and names the setting', async () => {
    const port = await findFreePort();
    await command(alone, 'CONFIG', 'SET', 'cluster-announce-port', `${port}`);
    await command(alone, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    try {
      await expect
        .poll(() => failToStart(address([hostOf(alone)], '')))
        .toMatch(
          new RegExp(`127\\.0\\.0\\.1:${port}: connection refused; .*announces.*cluster-announce-ip\n`),
        );
    } finally {
      await command(alone, 'CLUSTER', 'FLUSHSLOTS');
      await command(alone, 'CONFIG', 'SET', 'cluster-announce-port', '0');
    }
  });

  it('starts while a master is being replaced', async () => {
    const [old] = (await group.findMasters()) as [RedisServer];
    await group.killWhenReplicated(old);
    try {
      const d = await start(group.url);
      expect((await d.admin('GET', '/health')).status).toBe(200);
    } finally {
      await old.restart();
      await group.waitUntilWhole();
    }
  });

  it('ends the start when a slot is assigned to no node', async () => {
    const master = await group.findMaster(0);
    for (const node of group.nodes) await command(node, 'CLUSTER', 'DELSLOTS', '0').catch(() => {});
    try {
      expect(failToStart(group.url)).toMatch(
        /the cluster has slots that are assigned to no node \(1\): assign them/,
      );
    } finally {
      await command(master, 'CLUSTER', 'ADDSLOTS', '0');
      await group.waitUntilWhole();
    }
  });

  it('ends the start when a master is there that does not answer, and its replica neither', async () => {
    const [master] = (await group.findMasters()) as [RedisServer];
    const replica = await group.findReplica(master);
    for (const one of [master, replica]) await one.signal('SIGSTOP');
    try {
      expect(failToStart(group.url)).toMatch(/a shard of .*: 127\.0\.0\.1:\d+: .*/);
    } finally {
      for (const one of [master, replica]) await one.signal('SIGCONT');
      await repeatUntil(() => group.waitUntilWhole().then(() => true));
    }
  });
});
