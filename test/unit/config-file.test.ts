import { describe, expect, it } from 'vitest';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write, settings, getProblems } = useWorkingDirectory();
const CONFIG = 'mock-veridas.config.yaml';
const OWN_SCENARIO = ['name: mine', 'steps: []'];

/** Writes a config file with these lines and returns its problems without the file name. */
async function getFileProblems(...lines: string[]): Promise<string[]> {
  write(CONFIG, ...lines);
  return (await getProblems()).map((problem) => problem.replace(`${CONFIG}:`, ''));
}

describe('config file', () => {
  it.each(['yaml', 'yml', 'json'])('finds the config file as mock-veridas.config.%s', async (extension) => {
    write(`mock-veridas.config.${extension}`, '{ "port": 5 }');
    expect((await settings()).port).toBe(5);
  });

  it('rejects two config files in one folder', async () => {
    write('mock-veridas.config.yml', 'port: 5');
    write('mock-veridas.config.json', '{}');
    expect(await getProblems()).toEqual([
      'mock-veridas.config.yml and mock-veridas.config.json are both config files; keep one, or name one with --config',
    ]);
  });

  it.each(['mock-veridas.config.ts', 'mock-veridas.config.toml'])(
    'says that %s is not read',
    async (name) => {
      write(name, 'port: 5');
      expect(await getProblems()).toEqual([`${name} is not read; write it as mock-veridas.config.yaml`]);
      write('mock-veridas.config.yaml', 'port: 6');
      expect((await settings()).port).toBe(6);
    },
  );

  it('reads the config file that --config names, even among several', async () => {
    write('mock-veridas.config.yml', 'port: 5');
    write('mock-veridas.config.json', '{}');
    write('other.yaml', 'port: 6');
    expect((await settings(['--config', 'other.yaml'])).port).toBe(6);
  });

  it('accepts every setting that a flag accepts', async () => {
    write('own/mine.yaml', ...OWN_SCENARIO);
    write(
      CONFIG,
      '$schema: ./x.json',
      'port: 1',
      'host: a',
      'scenario: mine',
      'fixtures: own',
      'watch: true',
      'admin-user: b',
      'admin-password: c',
      'admin-origin: [http://d]',
      'browser-url: http://e',
      'token-format: jwt',
      'random-seed: f',
      'strict-tokens: true',
      'refused-call: event',
      'known-validations-only: true',
      'blocked: hang',
      'trust-proxy: [10.0.0.0/8]',
      'journal-size: 5',
      'strict: true',
      'log-level: info',
      'log-format: json',
      'ready-file: /ready.json',
      'store: redis://g:h@i:1/2',
      'store-prefix: j',
      'https: true',
      'media-ports: true',
    );
    const { clients, scenarios, ...others } = await settings();
    expect(others).toEqual({
      port: 1,
      host: 'a',
      scenario: 'mine',
      admin: { user: 'b', password: 'c', origins: ['http://d'] },
      browserUrl: 'http://e',
      watched: `${cwd()}/own`,
      tokenFormat: 'jwt',
      randomSeed: 'f',
      strictTokens: true,
      refusedCall: 'event',
      knownValidationsOnly: true,
      blocked: 'hang',
      trustProxy: ['10.0.0.0/8'],
      journalSize: 5,
      logLevel: 'info',
      logFormat: 'json',
      readyFile: '/ready.json',
      store: 'redis://g:h@i:1/2',
      storePrefix: 'j',
      https: true,
      mediaPorts: true,
    });
  });

  it.each([['nothing'], ['a comment', '# port: 1']])(
    'accepts a config file that holds %s',
    async (_, ...lines) => {
      write(CONFIG, ...lines);
      expect((await settings()).port).toBe(4010);
    },
  );

  it('resolves a relative path against the folder of the config file', async () => {
    write('sub/own/mine.yaml', ...OWN_SCENARIO);
    write('sub/c.yaml', 'fixtures: own');
    expect((await settings(['--config', 'sub/c.yaml'])).scenarios.has('mine')).toBe(true);
  });

  it('reads clients with all their properties', async () => {
    write(
      CONFIG,
      'clients:',
      '  - client_id: a',
      '    client_secret: b',
      '    environment: production',
      '    allowed_ips: [10.0.0.0/8, "::1"]',
      '    type: public',
      '    grant_type: authorization-code',
      '    expires_in: 60',
      '    scenario: manual',
    );
    expect((await settings()).clients).toEqual([
      {
        clientId: 'a',
        clientSecret: 'b',
        environment: 'production',
        allowedIps: ['10.0.0.0/8', '::1'],
        type: 'public',
        grantType: 'authorization-code',
        expiresIn: 60,
        scenario: 'manual',
      },
    ]);
  });

  it.each([
    ['id: x', "1:45 client: 'id' is not known here; did you mean 'client_id'?"],
    ['secret: x', "1:45 client: 'secret' is not known here; did you mean 'client_secret'?"],
    ['allowedIps: [1.2.3.4]', "1:45 client: 'allowedIps' is not known here; did you mean 'allowed_ips'?"],
    ['expiresIn: 60', "1:45 client: 'expiresIn' is not known here; did you mean 'expires_in'?"],
    ['grantType: x', "1:45 client: 'grantType' is not known here; did you mean 'grant_type'?"],
  ])('rejects a client key in another spelling: %s', async (pair, problem) => {
    expect(await getFileProblems(`clients: [{ client_id: a, client_secret: b, ${pair} }]`)).toEqual([
      problem,
    ]);
  });

  it('does not report a key as missing when it has another spelling', async () => {
    expect(await getFileProblems('clients: [{ id: a, client_secret: b }]')).toEqual([
      "1:13 client: 'id' is not known here; did you mean 'client_id'?",
    ]);
  });

  it.each([
    ['prot: 1', "1:1 'prot' is not known here; did you mean 'port'?"],
    [
      'config: x',
      expect.stringMatching(/^1:1 'config' is not known here; a config file has port, host, browser-url/),
    ],
    ['port: "1"', '1:7 port: "1" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    ['admin-user: 12', '1:13 admin-user: 12 is not text; put it in quotes'],
    ['admin-origin: http://a', '1:15 admin-origin: "http://a" is not a list; give a list of web origins'],
    ['scenario: hapy', expect.stringMatching(/^1:11 scenario: there is no scenario "hapy"; known: .*happy/)],
    ['fixtures: no', expect.stringMatching(/^1:11 fixtures: the folder .*no cannot be read \(ENOENT\)$/)],
    ['- port', '1:1 this is not a config file; give a map of settings'],
    ['port: [1', expect.stringMatching(/^1:9 Flow sequence/)],
  ])('rejects the config line %s', async (line, problem) => {
    expect(await getFileProblems(line)).toEqual([problem]);
  });

  it.each([
    ['{ client_secret: b }', '1:11 client: client_id is missing'],
    ['{ client_id: a }', '1:11 client: client_secret is missing'],
    [
      '{ client_id: a, client_secret: b }, { client_id: a, client_secret: c }',
      '1:60 client_id: another client already has the id "a"',
    ],
    [
      '{ client_id: a, client_secret: b, scenario: no }',
      expect.stringMatching(/^1:55 scenario: there is no scenario "no"; known: /),
    ],
    [
      '{ client_id: a, client_secret: b, environment: test }',
      '1:58 environment: "test" is not an environment; give one of sandbox, production',
    ],
    [
      '{ client_id: a, client_secret: b, expires_in: 1h }',
      '1:57 expires_in: "1h" is not a lifetime of tokens; give whole seconds from 1 to 31536000, a year',
    ],
    ['{ client_id: a, client_secret: 12 }', '1:42 client_secret: this is not text; put it in quotes'],
    [
      '{ client_id: "a:b", client_secret: b }',
      expect.stringMatching(
        /^1:24 client_id: "a:b" is not a client id; give .* without control characters and colons/,
      ),
    ],
    [
      '{ client_id: a, client_secret: b, allowed_ips: [10.0.0.0/33] }',
      expect.stringMatching(/^1:59 allowed_ips: "10\.0\.0\.0\/33" is not an address or range; give /),
    ],
    [
      '{ client_id: a, client_secret: b, allowed_ips: [300.0.0.1] }',
      expect.stringMatching(/^1:59 allowed_ips: "300\.0\.0\.1" is not an address or range; give /),
    ],
    [
      '',
      '1:10 clients: this is not a list of clients; give at least one, as in - { client_id: ID, client_secret: SECRET }',
    ],
  ])('rejects the clients [%s]', async (clients, problem) => {
    expect(await getFileProblems(`clients: [${clients}]`)).toEqual([problem]);
  });

  it.each([
    ['faults: []'],
    ['faults: [{ endpoint: call, latency: [1s, 2s], after: 1, times: 2 }]'],
    ['validations: [{ validation_id: v, client_id: sandbox-client, exists: true }, { validation_id: v }]'],
  ])('accepts the line %s', async (line) => {
    expect(await getFileProblems(line)).toEqual([]);
  });

  it.each([
    ['{ endpoint: tokn, status: 503 }', '1:22 endpoint: "tokn" is not an endpoint; did you mean "token"?'],
    ['{ status: 503 }', '1:10 fault: endpoint is missing'],
    ['{ endpoint: token }', '1:10 the fault does nothing; give status, latency or kind'],
    ['{ endpoint: token, status: 200 }', '1:37 status: 200 is not a status; give a number from 400 to 599'],
    [
      '{ endpoint: token, latency: [3s, 1s] }',
      '1:10 latency: the first duration is longer than the second; swap them',
    ],
    [
      '{ endpoint: token, kind: hang, status: 500 }',
      '1:10 kind hang sends no answer, so it has no status; keep one of them',
    ],
    [
      '{ endpoint: token, retryAfter: 1 }',
      "1:29 fault: 'retryAfter' is not known here; did you mean 'retry_after'?",
    ],
    [
      '{ endpoint: token, status: 500, client_id: shp }',
      '1:53 client_id: there is no client "shp"; known: sandbox-client',
    ],
    ['5', '1:10 faults: 5 is not a fault; give a map, as in { endpoint: token, status: 503 }'],
  ])('rejects the faults [%s]', async (fault, problem) => {
    expect(await getFileProblems(`faults: [${fault}]`)).toEqual([problem]);
  });

  it.each([
    ['{ exists: true }', '1:15 validation: validation_id is missing'],
    ['{ validation_id: "" }', '1:32 validation_id: "" is not a validation id; give text'],
    [
      '{ validation_id: v, exists: 1 }',
      '1:43 exists: 1 is not an answer to whether it exists; give true or false',
    ],
    ['{ validation_id: v }, { validation_id: v }', '1:54 validation_id: "v" is listed above already'],
    [
      '{ validation_id: v, scenario: hapy }',
      expect.stringMatching(/^1:45 scenario: there is no scenario "hapy"; known: .*happy/),
    ],
    [
      '{ validation_id: v, client_id: shp }',
      '1:46 client_id: there is no client "shp"; known: sandbox-client',
    ],
  ])('rejects the validations [%s]', async (validation, problem) => {
    expect(await getFileProblems(`validations: [${validation}]`)).toEqual([problem]);
  });

  it('rejects a fault of a client that a flag has replaced', async () => {
    write(
      CONFIG,
      'clients: [{ client_id: a, client_secret: b }]',
      'faults: [{ client_id: a, endpoint: call, kind: reset }]',
    );
    expect(await getProblems(['--client', 'c:d'])).toEqual([
      expect.stringMatching(/:2:23 client_id: there is no client "a"; known: c$/),
    ]);
  });

  it.each([
    'clients: a:hush',
    'clients: [a:hush]',
    'clients: [{ a:hush }]',
    'clients: [{ client_id: a, client_secret: [hush] }]',
    'clients: [{ client_id: a, client_secret: !hush }]',
    'clients: [{ client_id: a, client_secret: *hush }]',
    'clients: [{ client_id: a, client_secret: @hush }]',
    'clients: [{ client_id: a, client_secret: "hush }]',
    'clients: [{ client_id: a, client_secret: |hush }]',
    'admin-password: {hush: 1}',
    'admin-password: hush: hush',
    'client_secret:hush',
  ])('never repeats a secret from the config line %s', async (line) => {
    expect((await getFileProblems(line)).join('\n')).toMatch(/^(?!.*hush)./s);
  });
});
