import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { helpText } from '../../src/options/settings.ts';
import { workplace } from '../support/working-directory.ts';

const { settings, faults } = workplace();

describe('a flag', () => {
  it.each([
    [['--port', 'abc'], '--port: "abc" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['--port', '65536'], '--port: 65536 is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['--port', '1e3'], '--port: "1e3" is not a port; give a number from 0 to 65535 (0 picks a free one)'],
    [['--port='], '--port: has no value; write --port N'],
    [['--port'], '--port: has no value; write --port N'],
    [['--port', '--host', 'a'], '--port: has no value; write --port N'],
    [['--port', '-5'], '--port: has no value; one that begins with - is written --port=VALUE'],
    [['--prot', '5'], '--prot: is not a flag; did you mean --port?'],
    [['--colour'], '--colour: is not a flag; see --help'],
    [['-p', '5'], '-p: is not a flag; see --help'],
    [['--help=yes'], '--help: takes no value'],
    [['5'], 'argument 1: is not expected; everything here is a flag and its value'],
    [
      ['--host', 'http://a'],
      expect.stringMatching(/^--host: "http:\/\/a" is not a host; give a name or an IP/),
    ],
    [['--host', 'localhost:80'], expect.stringMatching(/^--host: "localhost:80" is not a host/)],
    [['--admin-user', 'a:b'], expect.stringMatching(/^--admin-user: "a:b" is not a login name/)],
    [
      ['--admin-origin', 'http://a', '--admin-origin', 'b'],
      '--admin-origin (2): "b" is not a web origin; give scheme, host and port only, as in http://localhost:3000',
    ],
    [
      ['--admin-origin', 'http://a/'],
      expect.stringMatching(/^--admin-origin: "http:\/\/a\/" is not a web origin/),
    ],
    [['--browser-url', 'http://a:70000'], '--browser-url: "http://a:70000" is not an address that can exist'],
    [['--browser-url', 'ftp://a'], expect.stringMatching(/^--browser-url: "ftp:\/\/a" is not a base URL/)],
    [
      ['--scenario', 'hapy'],
      expect.stringMatching(/^--scenario: there is no scenario "hapy"; known: .*\bhappy, .*\bmanual/),
    ],
    [['--fixtures', 'no'], expect.stringMatching(/^--fixtures: the folder .*no cannot be read \(ENOENT\)$/)],
    [['--config', 'no.yaml'], expect.stringMatching(/^--config: there is no file .*no\.yaml$/)],
  ])('is refused in %j', (argv, fault) => {
    expect(faults(argv)).toEqual([fault]);
  });
});

describe('--client', () => {
  it('splits at the first colon', () => {
    const [client] = settings(['--client', 'id:se:cret']).clients;
    expect(client).toMatchObject({ clientId: 'id', clientSecret: 'se:cret' });
  });

  it('may be repeated', () => {
    expect(settings(['--client', 'a:b', '--client', 'c:d']).clients).toHaveLength(2);
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
        /^--client: the rest after the first colon is not a client secret; give 1 to 255/,
      ),
    ],
    [
      ['a:b', `${'x'.repeat(256)}:hush`],
      expect.stringMatching(/^--client \(2\): the id before the first colon/),
    ],
    [
      ['a:hu\u0007sh'],
      expect.stringMatching(/^--client: the rest after the first colon is not a client secret/),
    ],
    [['a:b', 'a:c'], '--client (2): another client has the id "a" already'],
  ])('is refused in %j', (clients, fault) => {
    expect(faults(clients.flatMap((client) => ['--client', client]))).toEqual([fault]);
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
  ])('and its like never give a secret away: %j', (argv) => {
    expect(faults(argv).join('\n')).toMatch(/^(?!.*hush)./s);
  });
});

describe('the environment', () => {
  it.each([
    ['MOCK_VERIDAS_PORT', { MOCK_VERIDAS_PORT: '5', PORT: '6' }, 5],
    ['PORT', { PORT: '6' }, 6],
    ['PORT when ours is empty', { MOCK_VERIDAS_PORT: '', PORT: '6' }, 6],
    [
      'PORT when ours is the address of a Kubernetes service',
      { MOCK_VERIDAS_PORT: 'tcp://10.0.0.1:80', PORT: '6' },
      6,
    ],
    ['nothing when both are empty', { MOCK_VERIDAS_PORT: '', PORT: '' }, 4010],
  ])('gives the port by %s', (_, env, port) => {
    expect(settings([], env).port).toBe(port);
  });

  it('gives a flag of two words', () => {
    expect(settings([], { MOCK_VERIDAS_ADMIN_USER: 'eve' }).admin.user).toBe('eve');
  });

  it('gives one client a line, with blanks in its secret', () => {
    const { clients } = settings([], { MOCK_VERIDAS_CLIENT: 'a:b c\r\nd:e:f\n' });
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
  ])('is refused for %o', (env, fault) => {
    expect(faults([], env)).toEqual([fault]);
  });

  it.each([
    'MOCK_VERIDAS_HOME',
    'MOCK_VERIDAS_PORT_4010_TCP',
    'MOCK_VERIDAS_SERVICE_HOST',
    'XMOCK_VERIDAS_PROT',
  ])('may hold %s of somebody else', (variable) => {
    expect(faults([], { [variable]: 'x' })).toEqual([]);
  });
});

const HELP = helpText(Object.fromEntries(Object.entries(COMMANDS).map(([name, { help }]) => [name, help])));

describe('the help', () => {
  it('says that this is unofficial', () => {
    expect(HELP).toContain('unofficial');
  });

  it.each(['start', 'healthcheck'])('lists the command %s', (command) => {
    expect(HELP).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.each([
    '--port N',
    '--host H',
    '--client ID:SECRET',
    '--scenario NAME',
    '--fixtures DIR',
    '--config FILE',
    '--admin-user U',
    '--admin-password P',
    '--admin-origin ORIGIN',
    '--browser-url URL',
    '-h, --help',
    '-v, --version',
  ])('lists %s', (flag) => {
    expect(HELP).toMatch(new RegExp(`^ +${flag} `, 'm'));
  });

  it.each(['MOCK_VERIDAS_PORT, PORT', 'MOCK_VERIDAS_CLIENT', 'MOCK_VERIDAS_ADMIN_ORIGIN'])(
    'names the variable %s',
    (name) => {
      expect(HELP).toContain(name);
    },
  );

  it.each(['0', '1', '2', '3'])('explains exit code %s', (code) => {
    expect(HELP).toMatch(new RegExp(`^  ${code} +\\w`, 'm'));
  });

  it('fits into 100 columns', () => {
    expect(HELP.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
