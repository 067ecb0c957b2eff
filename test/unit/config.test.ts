import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadUsage } from '../../src/options/bad-usage.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write, settings, getProblems } = useWorkingDirectory();
const CONFIG = 'mock-veridas.config.yaml';
const OWN_SCENARIO = ['name: mine', 'steps: []'];

describe('--store', () => {
  it.each([
    'memory',
    'redis://localhost',
    'redis://127.0.0.1:6379/0',
    'redis://[::1]:6379',
    'rediss://user:p%40ss@cache.example:6380/15',
    'redis://:secret@h',
    'redis+sentinel://h/mymaster',
    'redis+sentinel://h1:26379,h2,[::1]:26379/my.master-1_a/15',
    'redis+sentinel://user:p%40ss@h1,h2/m/?sentinel=:watcher',
    'rediss+sentinel://:secret@h1/m?ca=ca.pem&sentinel=u:p%40&cert=c.pem&key=k.pem',
    'redis+cluster://h',
    'redis+cluster://h1:6379,h2,[::1]:7001',
    'redis+cluster://user:p%40ss@h1,h2/0',
    'redis+cluster://h1,h2/',
    'rediss+cluster://:secret@h1,h2?ca=ca.pem&cert=c.pem&key=k.pem',
    'unix:///run/redis.sock',
    'unix://user:secret@/run/redis.sock?db=3',
  ])('accepts --store %s', async (store) => {
    expect((await settings(['--store', store])).store).toBe(store);
  });

  it.each([
    'disk',
    'redis:',
    'redis://',
    'redis:///0',
    'http://h',
    'redis://h/zero',
    'redis://h?x=secret',
    'redis://:pa@secret@h',
    'redis://:pa%ss-secret@h',
    'redis://h:0',
    'redis://h:65536',
    'redis://h:123456',
    'unix://run/secret.sock',
  ])('rejects --store %s without repeating the value', async (store) => {
    expect(await getProblems(['--store', store])).toEqual([
      '--store: this is not a store; give memory, redis://USER:PASSWORD@HOST:PORT/DB, redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME/DB, redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT, rediss://, rediss+sentinel:// or rediss+cluster:// for TLS, or unix://PATH?db=N',
    ]);
  });

  it.each([
    ['redis+sentinel://', 'name the hosts of the Sentinels, as in redis+sentinel://HOST:PORT,HOST:PORT/NAME'],
    ['redis+sentinel:///secret', 'name the hosts of the Sentinels'],
    ['redis+sentinel://:secret@/m', 'name the hosts of the Sentinels'],
    [
      'redis+sentinel://secret',
      'add the name of the master, as in redis+sentinel://HOST:PORT,HOST:PORT/NAME',
    ],
    ['redis+sentinel://h1,secret/', 'add the name of the master'],
    ['redis+sentinel://h1,secret//3', 'add the name of the master'],
    ['redis+sentinel://h1,secret?sentinel=:p', 'add the name of the master'],
    ['redis+sentinel://h1,,secret/m', 'remove the comma without a host'],
    ['redis+sentinel://secret,/m', 'remove the comma without a host'],
    ['redis+sentinel://,secret/m', 'remove the comma without a host'],
    ['redis+sentinel://h1:0,secret/m', 'a port is a number from 1 to 65535'],
    ['redis+sentinel://h1:70000,secret/m', 'a port is a number from 1 to 65535'],
    ['redis+sentinel://h1 h2.secret/m', 'separate the hosts of the Sentinels by commas, each as HOST:PORT'],
    ['redis+sentinel://h1;h2.secret/m', 'separate the hosts of the Sentinels by commas, each as HOST:PORT'],
    ['redis+sentinel://h1:secret/m', 'separate the hosts of the Sentinels by commas, each as HOST:PORT'],
    ['redis+sentinel://::1/m', 'separate the hosts of the Sentinels by commas, each as HOST:PORT'],
    ['redis+sentinel://u:p@secret@h1/m', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+sentinel://u:p/secret@h1/m', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+sentinel://u:p:secret@h1/m', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+sentinel://u:p%secret@h1/m', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+sentinel://h1/my secret', 'the name of the master has letters, digits and . _ - only'],
    [
      'redis+sentinel://h1/m/secret',
      'the number of a database is all that may follow the name of the master',
    ],
    [
      'redis+sentinel://h1/m/0/secret',
      'the number of a database is all that may follow the name of the master',
    ],
    ['redis+sentinel://h1/m?ca=secret', 'give ?sentinel=USER:PASSWORD for a login at the Sentinels'],
    ['redis+sentinel://h1/m?sentinel=secret', 'give ?sentinel=USER:PASSWORD for a login at the Sentinels'],
    ['redis+sentinel://h1/m?secret', 'give ?sentinel=USER:PASSWORD for a login at the Sentinels'],
    ['rediss+sentinel://h1/m?password=secret', 'give ?sentinel=USER:PASSWORD for a login at the Sentinels'],
    ['redis-sentinel://secret/m', 'begin the address of Sentinels with redis+sentinel://'],
    ['sentinel://secret/m', 'begin the address of Sentinels with redis+sentinel://'],
    ['redis+sentinels://secret/m', 'begin the address of Sentinels with redis+sentinel://'],
    ['REDIS+SENTINEL://secret/m', 'begin the address of Sentinels with redis+sentinel://'],
    ['redis+sentinel:secret/m', 'begin the address of Sentinels with redis+sentinel://'],
    ['redis://h1:26379,secret/m', 'begin the addresses of several Sentinels with redis+sentinel://'],
    ['rediss://u:p@h1,secret', 'begin the addresses of several Sentinels with redis+sentinel://'],
    ['redis://h1:7000,secret', 'begin those of the nodes of a cluster with redis+cluster://'],
    ['redis+cluster://', 'name the hosts of the nodes, as in redis+cluster://HOST:PORT,HOST:PORT'],
    ['redis+cluster:///0', 'name the hosts of the nodes'],
    ['redis+cluster://:secret@', 'name the hosts of the nodes'],
    ['redis+cluster://?ca=secret', 'name the hosts of the nodes'],
    ['redis+cluster://h1,,secret', 'remove the comma without a host in the list of nodes'],
    ['redis+cluster://secret,', 'remove the comma without a host in the list of nodes'],
    ['redis+cluster://h1:0,secret', 'a port is a number from 1 to 65535'],
    ['redis+cluster://h1:70000,secret', 'a port is a number from 1 to 65535'],
    ['redis+cluster://h1 h2.secret', 'separate the hosts of the nodes by commas, each as HOST:PORT'],
    ['redis+cluster://h1;h2.secret', 'separate the hosts of the nodes by commas, each as HOST:PORT'],
    ['redis+cluster://h1:secret', 'separate the hosts of the nodes by commas, each as HOST:PORT'],
    ['redis+cluster://::1', 'separate the hosts of the nodes by commas, each as HOST:PORT'],
    ['redis+cluster://u:p@secret@h1', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+cluster://u:p/secret@h1', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+cluster://u:p%secret@h1', 'percent-encode : @ / ? # and % in user and password'],
    ['redis+cluster://h1,h2/1', 'a cluster has database 0 only'],
    ['redis+cluster://h1,h2/00', 'a cluster has database 0 only'],
    ['redis+cluster://h1,h2/secret', 'the address of Sentinels is redis+sentinel://HOST:PORT,HOST:PORT/NAME'],
    ['redis+cluster://h1,h2/secret/0', 'nothing follows the nodes of a cluster'],
    ['redis+cluster://h1?ca=secret', 'give files (ca, cert, key) with rediss+cluster:// only'],
    ['rediss+cluster://h1?sentinel=:secret', 'give files (ca, cert, key) with rediss+cluster:// only'],
    ['rediss+cluster://h1?secret', 'give files (ca, cert, key) with rediss+cluster:// only'],
    ['redis-cluster://secret', 'begin the address of a cluster with redis+cluster://'],
    ['cluster://secret', 'begin the address of a cluster with redis+cluster://'],
    ['redis+clusters://secret', 'begin the address of a cluster with redis+cluster://'],
    ['REDIS+CLUSTER://secret', 'begin the address of a cluster with redis+cluster://'],
    ['redis+cluster:secret', 'begin the address of a cluster with redis+cluster://'],
  ])('explains what to change in --store %s without repeating it', async (store, fix) => {
    const [problem, ...others] = await getProblems(['--store', store]);
    expect(others).toEqual([]);
    expect(problem).toMatch(/^--store: this is not a store; /);
    expect(problem).toContain(fix);
    expect(problem).not.toContain('secret');
  });
});

describe('default settings', () => {
  it('uses port 4010 on this machine only, scenario happy and user admin without a password', async () => {
    const { scenarios, clients, ...others } = await settings();
    expect(others).toEqual({
      port: 4010,
      scenario: 'happy',
      tokenFormat: 'opaque',
      strictTokens: false,
      knownValidationsOnly: false,
      blocked: 'forbidden',
      trustProxy: [],
      journalSize: 10_000,
      logLevel: 'warn',
      logFormat: 'text',
      store: 'memory',
      storePrefix: 'mock-veridas:',
      https: false,
      mediaPorts: false,
      admin: { user: 'admin', origins: [] },
    });
  });

  it('includes one sandbox client', async () => {
    expect((await settings()).clients).toEqual([
      {
        clientId: 'sandbox-client',
        clientSecret: 'sandbox-secret',
        environment: 'sandbox',
        allowedIps: [],
        type: 'confidential',
        grantType: 'client-credentials',
      },
    ]);
  });

  it('includes the shipped scenarios', async () => {
    expect((await settings()).scenarios.get('manual')?.steps).toEqual([]);
  });
});

describe('settings', () => {
  function findUnfrozen(value: unknown, path = 'settings'): string[] {
    if (typeof value !== 'object' || value === null) return [];
    const parts = Object.entries(value instanceof Map ? Object.fromEntries(value) : value);
    const inside = parts.flatMap(([key, part]) => findUnfrozen(part, `${path}.${key}`));
    return Object.isFrozen(value) ? inside : [path, ...inside];
  }

  it('freezes the settings deeply', async () => {
    expect(
      findUnfrozen(
        await settings(['--client', 'a:b', '--admin-origin', 'http://a', '--admin-password', 'x']),
      ),
    ).toEqual([]);
  });

  it.each([
    ['--port', '0', 'port', 0],
    ['--port', '65535', 'port', 65_535],
    ['--host', '0.0.0.0', 'host', '0.0.0.0'],
    ['--host', '::', 'host', '::'],
    ['--host', 'my-host.local', 'host', 'my-host.local'],
    ['--scenario', 'manual', 'scenario', 'manual'],
    ['--admin-user', 'eve', 'admin', { user: 'eve', origins: [] }],
    ['--admin-password', 'p w', 'admin', { user: 'admin', password: 'p w', origins: [] }],
    ['--browser-url', 'https://Videocall.example/x/', 'browserUrl', 'https://Videocall.example/x'],
  ] as const)('reads the setting from %s %s', async (flag, value, key, expected) => {
    expect((await settings([flag, value]))[key]).toEqual(expected);
  });

  it('reads a flag written with =', async () => {
    expect((await settings(['--port=5'])).port).toBe(5);
  });

  it('uses the last value of a flag that is given twice', async () => {
    expect((await settings(['--port', '5', '--port', '6'])).port).toBe(6);
  });

  it('normalizes every --admin-origin to the form that browsers send', async () => {
    const { admin } = await settings([
      '--admin-origin',
      'http://LOCALHOST:80',
      '--admin-origin',
      'https://a:8443',
    ]);
    expect(admin.origins).toEqual(['http://localhost', 'https://a:8443']);
  });

  it.each(['--help', '-h', '--version', '-v'])('ignores %s when reading the settings', async (flag) => {
    expect((await settings([flag])).port).toBe(4010);
  });
});

describe('precedence of sources', () => {
  const sources = { file: 'port: 1', env: { MOCK_VERIDAS_PORT: '2' }, argv: ['--port', '3'] };

  it('prefers the config file to the default', async () => {
    write(CONFIG, sources.file);
    expect((await settings()).port).toBe(1);
  });

  it('prefers the environment to the config file', async () => {
    write(CONFIG, sources.file);
    expect((await settings([], sources.env)).port).toBe(2);
  });

  it('prefers a flag to the environment', async () => {
    expect((await settings(sources.argv, sources.env)).port).toBe(3);
  });

  it('replaces the clients of the config file with those of --client', async () => {
    write(CONFIG, 'clients: [{ client_id: a, client_secret: b }]');
    expect((await settings(['--client', 'c:d'])).clients.map(({ clientId }) => clientId)).toEqual(['c']);
  });

  it('ignores an invalid value that a flag overrides', async () => {
    expect((await settings(['--port', '3'], { PORT: 'abc' })).port).toBe(3);
  });
});

describe('--fixtures', () => {
  it('adds the scenarios of --fixtures to the shipped ones', async () => {
    write('own/mine.yaml', ...OWN_SCENARIO);
    expect([...(await settings(['--fixtures', 'own'])).scenarios.keys()]).toEqual(
      expect.arrayContaining(['happy', 'mine']),
    );
  });

  it('rejects a --fixtures folder without scenarios', async () => {
    mkdirSync(join(cwd(), 'own'));
    expect(await getProblems(['--fixtures', 'own'])).toEqual([
      `--fixtures: there is no scenario file in ${join(cwd(), 'own')}`,
    ]);
  });

  it('reports the problems of the files in the --fixtures folder', async () => {
    write('own/mine.yaml', 'name: mine');
    expect(await getProblems(['--fixtures', 'own'])).toEqual(['own/mine.yaml:1:1 steps is missing']);
  });

  it('does not report a scenario as unknown when its file is invalid', async () => {
    write('own/mine.yaml', 'name: mine');
    expect(await getProblems(['--fixtures', 'own', '--scenario', 'mine'])).toEqual([
      'own/mine.yaml:1:1 steps is missing',
    ]);
  });
});

describe('bad usage', () => {
  it('reports the problems of all sources at once, one per line', async () => {
    write('own/mine.yaml', 'name: mine');
    write(
      CONFIG,
      'prot: 1',
      'fixtures: own',
      'clients:',
      '  - { client_id: a, client_secret: b, scenario: no }',
      '  - { client_id: c }',
    );
    const argv = ['--prot', '1', '--host', 'http://a'];
    const env = { PORT: 'x', MOCK_VERIDAS_SCENARIO: 'nope' };
    await expect(settings(argv, env)).rejects.toThrow(BadUsage);
    expect(await getProblems(argv, env)).toEqual([
      expect.stringMatching(/^--prot:/),
      expect.stringMatching(/^--host:/),
      expect.stringMatching(/^PORT:/),
      expect.stringMatching(/^mock-veridas\.config\.yaml:1:1 'prot'/),
      expect.stringMatching(/^mock-veridas\.config\.yaml:5:5 client: client_secret is missing/),
      expect.stringMatching(/^own\/mine\.yaml:1:1/),
      expect.stringMatching(/^MOCK_VERIDAS_SCENARIO:/),
      expect.stringMatching(/^mock-veridas\.config\.yaml:4:49 scenario:/),
    ]);
  });

  it('lists the problems in the error message', async () => {
    await expect(settings(['--a', '--b'])).rejects.toThrow(
      '--a: is not a flag; see --help\n--b: is not a flag; see --help',
    );
  });
});

describe('--watch', () => {
  it('watches the folder of --fixtures', async () => {
    write('own/mine.yaml', ...OWN_SCENARIO);
    expect((await settings(['--watch', '--fixtures', 'own'])).watched).toBe(join(cwd(), 'own'));
    expect((await settings(['--fixtures', 'own'])).watched).toBeUndefined();
  });

  it('rejects --watch without a folder and suggests --fixtures', async () => {
    expect(await getProblems(['--watch'])).toEqual([
      '--watch: there is no folder to watch; add --fixtures DIR',
    ]);
    write(CONFIG, 'watch: true');
    expect(await getProblems()).toEqual([
      `${CONFIG}:1:8 watch: there is no folder to watch; add --fixtures DIR`,
    ]);
    write(CONFIG, 'watch: false');
    expect(await getProblems()).toEqual([]);
  });
});
