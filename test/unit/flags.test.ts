import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { listVariables } from '../../src/options/environment.ts';
import { commandHelp, overview } from '../../src/options/help.ts';
import { read } from '../../src/options/read.ts';
import { COMMAND_NAMES, type CommandName, GROUPS } from '../../src/options/row.ts';
import { flagsFor, getRow, NAMES } from '../../src/options/table.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { settings, getProblems, write } = useWorkingDirectory();

describe('flags', () => {
  it.each([
    [['--port', 'abc'], '--port: "abc" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['--port', '65536'], '--port: 65536 is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['--port', '1e3'], '--port: "1e3" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['--port='], '--port: has no value; write --port N'],
    [['--port'], '--port: has no value; write --port N'],
    [['--port', '--host', 'a'], '--port: has no value; write --port N'],
    [['--port', '-5'], '--port: has no value; write a value that begins with - as --port=VALUE'],
    [['--prot', '5'], '--prot: is not a flag; did you mean --port?'],
    [['--colour'], '--colour: is not a flag; see --help'],
    [['-p'], '--port: has no value; write --port N'],
    [['-p', '--host', 'a'], '--port: has no value; write --port N'],
    [['-p', '-h'], '--port: has no value; write --port N'],
    [['-p', 'abc'], '--port: "abc" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['-x', '5'], '-x: is not a flag; see --help'],
    [['--help=yes'], '--help: takes no value'],
    [['5'], 'argument 1: is not expected; use only flags and their values here'],
    [
      ['--host', 'http://a'],
      expect.stringMatching(/^--host: "http:\/\/a" is not a host; give a name or an IP/),
    ],
    [['--host', 'localhost:80'], expect.stringMatching(/^--host: "localhost:80" is not a host/)],
    [['--host', 'fe80::1%eth0'], expect.stringMatching(/^--host: .* without .* zone/)],
    [['--admin-user', 'a:b'], expect.stringMatching(/^--admin-user: "a:b" is not a login name/)],
    [
      ['--admin-origin', 'http://a', '--admin-origin', 'b'],
      '--admin-origin (2): "b" is not a web origin; give scheme, host and port only, as in http://localhost:3000',
    ],
    [
      ['--admin-origin', 'http://a/'],
      expect.stringMatching(/^--admin-origin: "http:\/\/a\/" is not a web origin/),
    ],
    [['--browser-url', 'http://a:70000'], '--browser-url: "http://a:70000" is not a valid address'],
    [['--browser-url', 'ftp://a'], expect.stringMatching(/^--browser-url: "ftp:\/\/a" is not a base URL/)],
    [
      ['--scenario', 'hapy'],
      expect.stringMatching(/^--scenario: there is no scenario "hapy"; known: .*\bhappy, .*\bmanual/),
    ],
    [['--trust-proxy', 'proxy'], expect.stringMatching(/^--trust-proxy: "proxy" is not an address or range/)],
    [['--strict'], '--strict: is not a flag of start; exec and report take it'],
    [['--report', 'folder'], '--report: is not a flag of start; exec takes it'],
    [['--broker-token=hush'], '--broker-token: is not a flag of start; verify takes it'],
    [['--fixtures', 'no'], expect.stringMatching(/^--fixtures: the folder .*no cannot be read \(ENOENT\)$/)],
    [['--config', 'no.yaml'], expect.stringMatching(/^--config: there is no file .*no\.yaml$/)],
  ])('rejects the arguments %j', async (argv, problem) => {
    expect(await getProblems(argv)).toEqual([problem]);
  });
});

describe('--client', () => {
  it('splits --client at the first colon', async () => {
    const [client] = (await settings(['--client', 'id:se:cret'])).clients;
    expect(client).toMatchObject({ clientId: 'id', clientSecret: 'se:cret' });
  });

  it('accepts --client more than once', async () => {
    expect((await settings(['--client', 'a:b', '--client', 'c:d'])).clients).toHaveLength(2);
  });

  it.each([
    [['hush'], '--client: has no colon; give ID:SECRET'],
    [
      [':hush'],
      expect.stringMatching(/^--client: the id before the first colon is not a client id; give 1 to 255/),
    ],
    [
      ['a:'],
      expect.stringMatching(
        /^--client: the text after the first colon is not a client secret; give 1 to 255/,
      ),
    ],
    [
      ['a:b', `${'x'.repeat(256)}:hush`],
      expect.stringMatching(/^--client \(2\): the id before the first colon/),
    ],
    [
      ['a:hu\u0007sh'],
      expect.stringMatching(/^--client: the text after the first colon is not a client secret/),
    ],
    [['a:b', 'a:c'], '--client (2): another client already has the id "a"'],
  ])('rejects the --client values %j', async (clients, problem) => {
    expect(await getProblems(clients.flatMap((client) => ['--client', client]))).toEqual([problem]);
  });

  it.each([
    [['--client', 'hush']],
    [['--client', ':hush']],
    [['--client', '\u0007:hush']],
    [['--client', 'a:hush\u0007']],
    [['--client', 'a', 'hush']],
    [['--client', 'a:', 'hush']],
    [['--cleint', 'a:hush']],
    [['--client:a:hush']],
    [['--client=:hush']],
    [['-c', 'a:hush']],
    [['--client', '-hush']],
    [['--admin-password', 'hush\u0007']],
    [['--admin-password', '-hush']],
  ])('never repeats a secret from the arguments %j', async (argv) => {
    expect((await getProblems(argv)).join('\n')).toMatch(/^(?!.*hush)./s);
  });
});

describe('environment variables', async () => {
  it.each([
    ['MOCK_VERIDAS_PORT', { MOCK_VERIDAS_PORT: '5', PORT: '6' }, 5],
    ['PORT', { PORT: '6' }, 6],
    ['PORT when MOCK_VERIDAS_PORT is empty', { MOCK_VERIDAS_PORT: '', PORT: '6' }, 6],
    [
      'PORT when MOCK_VERIDAS_PORT is the address of a Kubernetes service',
      { MOCK_VERIDAS_PORT: 'tcp://10.0.0.1:80', PORT: '6' },
      6,
    ],
    ['the default when both are empty', { MOCK_VERIDAS_PORT: '', PORT: '' }, 4010],
  ])('reads the port from %s', async (_, env, port) => {
    expect((await settings([], env)).port).toBe(port);
  });

  it('reads --admin-user from MOCK_VERIDAS_ADMIN_USER', async () => {
    expect((await settings([], { MOCK_VERIDAS_ADMIN_USER: 'eve' })).admin.user).toBe('eve');
  });

  it('reads one client per line and keeps spaces in its secret', async () => {
    const { clients } = await settings([], { MOCK_VERIDAS_CLIENT: 'a:b c\r\nd:e:f\n' });
    expect(clients.map(({ clientId, clientSecret }) => [clientId, clientSecret])).toEqual([
      ['a', 'b c'],
      ['d', 'e:f'],
    ]);
  });

  it.each([
    [{ PORT: 'abc' }, 'PORT: "abc" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [{ MOCK_VERIDAS_PROT: '1' }, 'MOCK_VERIDAS_PROT: is not known; did you mean MOCK_VERIDAS_PORT?'],
    [{ MOCK_VERIDAS_CLIENT: 'a:b\nc' }, 'MOCK_VERIDAS_CLIENT (2): has no colon; give ID:SECRET'],
    [{ MOCK_VERIDAS_CONFIG: 'no' }, expect.stringMatching(/^MOCK_VERIDAS_CONFIG: there is no file .*no$/)],
  ])('rejects the environment %o', async (env, problem) => {
    expect(await getProblems([], env)).toEqual([problem]);
  });

  it.each([
    'MOCK_VERIDAS_HOME',
    'MOCK_VERIDAS_PORT_4010_TCP',
    'MOCK_VERIDAS_SERVICE_HOST',
    'XMOCK_VERIDAS_PROT',
  ])('ignores %s, which belongs to another program', async (variable) => {
    expect(await getProblems([], { [variable]: 'x' })).toEqual([]);
  });
});

/** The problems in the arguments of a command. */
const getCommandProblems = async (command: CommandName, ...argv: string[]) =>
  (await read(command, { argv, env: {}, cwd: '/' })).problems;

describe('flags of other commands', () => {
  it.each<[CommandName, string[], string]>([
    ['report', ['--report', 'x'], '--report: is not a flag of report; exec takes it'],
    [
      'verify',
      ['--port', '1'],
      '--port: is not a flag of verify; start, exec, report and healthcheck take it',
    ],
    ['verify', ['-p', '1'], '--port: is not a flag of verify; start, exec, report and healthcheck take it'],
    ['healthcheck', ['--scenario', 'x'], '--scenario: is not a flag of healthcheck; start and exec take it'],
    ['init', ['--port', '1'], '--port: is not a flag of init; start, exec, report and healthcheck take it'],
    ['validate', ['--strict'], '--strict: is not a flag of validate; exec and report take it'],
    ['exec', ['--out', 'x'], '--out: is not a flag of exec; report takes it'],
    ['start', ['--target', 'x'], '--target: is not a flag of start; verify, report and compare take it'],
  ])('%s rejects %j and names the commands that take the flag', async (command, argv, problem) => {
    expect(await await getCommandProblems(command, ...argv)).toEqual([problem]);
  });

  it('every command rejects a flag of another command and reports all other problems too', async () => {
    const pairs = COMMAND_NAMES.flatMap((command) => NAMES.map((name) => [command, name] as const));
    const foreign = pairs.filter(([command, name]) => !flagsFor(command).includes(name));
    expect(foreign.length).toBeGreaterThan(100);
    for (const [command, name] of foreign)
      expect(await await getCommandProblems(command, `--${name}=x`, '--no-such')).toEqual([
        expect.stringMatching(`^--${name}: is not a flag of ${command}; .* takes? it$`),
        expect.stringMatching(/^--no-such: is not a flag; see (\w+ )?--help$/),
      ]);
  });
});

describe('flags of verify', () => {
  it.each([
    [
      ['--target', 'user:hush@host'],
      '--target: this is not an address; give one such as http://127.0.0.1:4010',
    ],
    [
      ['--broker-url', 'hush'],
      '--broker-url: this is not an address; give one such as http://127.0.0.1:4010',
    ],
    [
      ['--timeout', '2h'],
      '--timeout: "2h" is not a time up to 1h; give a number and ms, s, m or h, as in 5s',
    ],
    [['--selector', '{}'], '--selector: needs --broker-url as well'],
    [['--json', '-x'], '--json: has no value; write a value that begins with - as --json=VALUE'],
  ])('verify rejects the arguments %j', async (argv, problem) => {
    expect(await await getCommandProblems('verify', ...argv)).toEqual([problem]);
  });

  it('accepts - for standard output, also between operands', async () => {
    const { options, operands, problems } = await read('verify', {
      argv: ['a', '--json', '-', 'b'],
      env: {},
      cwd: '/',
    });
    expect([options.json, operands, problems]).toEqual(['-', ['a', 'b'], []]);
  });

  it('requires only flags that exist', () => {
    const needed = NAMES.flatMap((name) => getRow(name).needs ?? []);
    expect(needed.length).toBeGreaterThan(4);
    expect(needed.filter((name) => !(NAMES as string[]).includes(name))).toEqual([]);
  });
});

describe('switches', () => {
  const env = (value: string) => ({ MOCK_VERIDAS_STRICT_TOKENS: value });

  it.each(['true', '1', 'yes', 'TRUE', 'Yes'])(
    'turns a switch on for %s in the environment and the config file',
    async (value) => {
      expect((await settings([], env(value))).strictTokens).toBe(true);
      write('mock-veridas.config.yaml', `strict-tokens: ${value}`);
      expect((await settings()).strictTokens).toBe(true);
    },
  );

  it.each(['false', '0', 'no', 'False', 'NO'])(
    'turns a switch off for %s in the environment and the config file',
    async (value) => {
      expect((await settings([], env(value))).strictTokens).toBe(false);
      write('mock-veridas.config.yaml', `strict-tokens: ${value}`);
      expect((await settings()).strictTokens).toBe(false);
    },
  );

  it.each(['on', '2', 'maybe'])(
    'rejects the switch value %s and lists the accepted values',
    async (value) => {
      const rule = 'is not a switch value; give true, false, 1, 0, yes or no';
      expect(await getProblems([], env(value))).toEqual([`MOCK_VERIDAS_STRICT_TOKENS: "${value}" ${rule}`]);
      write('mock-veridas.config.yaml', `strict-tokens: ${value}`);
      const shown = value === '2' ? value : `"${value}"`;
      expect(await getProblems()).toEqual([`mock-veridas.config.yaml:1:16 strict-tokens: ${shown} ${rule}`]);
    },
  );
});

const HELPS = Object.entries(COMMANDS).map(
  ([name, help]) => [name as CommandName, commandHelp(name as CommandName, help)] as const,
);
const OVERVIEW = overview(COMMANDS);

describe('help', () => {
  it('states that the simulator is unofficial', () => {
    expect(OVERVIEW).toContain('unofficial');
  });

  it('lists every command, then the help of start', () => {
    for (const command of COMMAND_NAMES) expect(OVERVIEW).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(OVERVIEW.endsWith(commandHelp('start', COMMANDS.start))).toBe(true);
  });

  it.each(HELPS)('help of %s lists its own flags and their variables only', (command, help) => {
    const listed = [...help.matchAll(/^ {2}(?:-\w, | {4})--([a-z-]+)/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(flagsFor(command).toSorted());
    for (const name of flagsFor(command)) {
      const { placeholder } = getRow(name);
      expect(help).toMatch(
        new RegExp(
          `--${name}${placeholder === undefined ? '' : ` ${placeholder.replace('|', '\\|')}`}(  |$)`,
          'm',
        ),
      );
      expect(help.replace(/\s+/g, ' ')).toContain(listVariables(name).join(', '));
    }
  });

  it.each(HELPS)('help of %s groups its flags', (command, help) => {
    const groups = GROUPS.filter((group) => flagsFor(command).some((name) => getRow(name).group === group));
    expect([...help.matchAll(/^([A-Z][A-Za-z ]+):$/gm)].map(([, title]) => title)).toEqual([
      ...groups,
      'Exit codes',
    ]);
  });

  it.each(HELPS)('help of %s explains its exit codes', (_, help) => {
    expect(help).toMatch(/^ {2}0 +\w/m);
    expect(help).toMatch(/^ {2}2 +\w/m);
  });

  it.each([...HELPS, ['overview', OVERVIEW] as const])('help of %s fits into 80 columns', (_, help) => {
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('lists -p as the short form of --port', async () => {
    expect(OVERVIEW).toMatch(/^ {2}-p, --port N /m);
    expect((await settings(['-p', '5'])).port).toBe(5);
  });
});
