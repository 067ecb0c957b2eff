import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RULES } from '../../src/domain/finding.ts';
import { type Credentials, type Drive, type Json, openDrive } from '../support/drive.ts';
import { startFakeControlApi } from '../support/fake-control-api.ts';
import { useTerminal } from '../support/terminal.ts';
import { explainMissingTool } from '../support/tools.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';
import { findXmlProblems } from '../support/xml-schema.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

/** Runs a command until it exits. */
async function runToEnd(
  args: readonly string[],
  env: Record<string, string> = {},
  command?: readonly string[],
) {
  const { exited, output, errors } = run(args, env, command);
  return { code: await exited, out: output(), err: errors() };
}
const readReport = (name: string, folder = 'mock-veridas-report') =>
  readFileSync(path.join(cwd(), folder, name), 'utf8');

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());

/** Creates a client with one call and plays these agent actions in it. */
async function createClientWithCall(
  validationId: string,
  ...actions: string[]
): Promise<Credentials & { token: string }> {
  const client = await d.createClient();
  const token = await d.token(client);
  await d.open(token, validationId);
  for (const action of actions)
    await d.admin('POST', `/calls/${validationId}/agent`, { action, client_id: client.client_id });
  return { ...client, token };
}
const fail = ({ client_id }: Credentials, validationId: string) =>
  d.admin('POST', `/calls/${validationId}/fail`, { code: 'VideocallNotFound', client_id });

const noXmllint = explainMissingTool('xmllint');

describe('mock-veridas report', () => {
  it('writes an HTML and a JUnit report and prints their paths and counts', async () => {
    await d.admin('POST', '/reset');
    const good = await createClientWithCall('val-good', 'join', 'end');
    const bad = await createClientWithCall('val-bad');
    await fail(bad, 'val-bad');
    const { code, out, err } = await runToEnd(['report', '--target', d.mock.url, '--out', 'a/b']);
    expect([code, err]).toEqual([0, '']);
    const files = ['report.html', 'junit.xml', 'summary.md', 'report.json'];
    // Both calls were opened at the backend URL, which is a finding each.
    expect(out.split('\n')).toEqual([
      ...files.map((name) => `wrote a/b/${name}`),
      '2 calls, 2 findings',
      'coverage 2 of 32 situations; not yet: token refused and then issued, token endpoint unavailable, ' +
        'token endpoint slow, token endpoint back after a failure, token revoked by the backend, and 25 more',
      '',
    ]);

    const html = readReport('report.html', 'a/b');
    expect(html).toContain('val-good <span class="state ended">ended</span>');
    expect(html).toContain('val-bad <span class="state error">failed</span>');
    expect(html).toMatch(/<details class="card call error"[^>]* open>/);
    expect(html).toContain('<span class="state completed">completed</span>');
    expect(html).toContain('host-without-videocall');
    const all = files.map((name) => readReport(name, 'a/b')).join();
    for (const { token, client_secret } of [good, bad]) {
      expect(all).not.toContain(token);
      expect(all).not.toContain(client_secret);
      expect(html).toContain(`…${token.slice(-4)}`);
    }
  });

  it('reports a finding under its client in the HTML and JUnit reports', async () => {
    const client = await d.createClient();
    await fetch(`${d.mock.url}/o/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.client_id }),
    });
    await fetch(`${d.mock.url}/o/token`, { method: 'POST' });
    expect((await runToEnd(['report', '--target', d.mock.url])).code).toBe(0);
    const rule = 'missing-trailing-slash';
    const { guide, title, fix } = RULES[rule];
    const suites = readReport('junit.xml').split('<testsuite ');
    const own = suites.find((suite) => suite.includes(`findings: ${client.client_id}"`));
    expect(own).toMatch(
      new RegExp(`tests="${Object.keys(RULES).length}" failures="1" errors="0" skipped="[1-9]`),
    );
    expect(own).toContain(
      `name="${rule}" time="0">\n      <failure message="error: ${title}">seen once: POST /o/token\nguide: section ${guide}\nfix: ${fix}<`,
    );
    expect(suites.find((suite) => suite.includes('name="mock-veridas findings"'))).toContain(
      `name="${rule}"`,
    );
    expect(readReport('report.html')).toContain(fix.replaceAll('"', '&quot;'));
  });

  it('exits with 1 for findings with --strict and still writes the report', async () => {
    await createClientWithCall('val-strict');
    expect((await runToEnd(['report', '--target', d.mock.url, '--strict'])).code).toBe(1);
    expect(existsSync(path.join(cwd(), 'mock-veridas-report/report.html'))).toBe(true);
    const fresh = await openDrive();
    expect((await runToEnd(['report', '--target', fresh.mock.url, '--strict'])).code).toBe(0);
    await fresh.mock.close();
  });

  it('finds the server and its admin credentials through the settings', async () => {
    write('mock-veridas.config.yaml', 'host: 0.0.0.0', 'admin-user: me', 'admin-password: "p:@ss/ wörd"');
    const { ready } = run(['--port', '0']);
    const { port } = new URL(await ready);
    expect(await runToEnd(['report', '--port', port])).toMatchObject({ code: 0, err: '' });
    const target = `http://127.0.0.1:${port}`;
    expect(await runToEnd(['report', '--target', target])).toMatchObject({ code: 0, err: '' });
    const wrong = await runToEnd(['report', '--target', target, '--admin-password', 'hush-hush']);
    expect([wrong.code, wrong.out]).toEqual([2, '']);
    expect(wrong.err).toContain(`${target}/__admin: wrong user or password of the control API`);
    expect(wrong.err).not.toContain('hush');
    const inAddress = target.replace('//', '//me:p%3A%40ss%2F%20w%C3%B6rd@');
    const args = ['report', '--admin-password', 'wrong', '--target', inAddress];
    expect(await runToEnd(args)).toMatchObject({ code: 0, err: '' });
  });
});

describe('JUnit report', () => {
  /** The outcome of each test in a suite. */
  const readSuite = (name: string): Record<string, string> => {
    const suite = readReport('junit.xml')
      .split('<testsuite ')
      .find((one) => one.startsWith(`name="${name}"`));
    const cases = (suite ?? '').split('<testcase ').slice(1);
    return Object.fromEntries(
      cases.map((one) => [
        /\bname="([^"]*)"/.exec(one)?.[1],
        /<(skipped|failure)[^>]*>([^<]*)</.exec(one)?.slice(1).join(': ') ?? 'passed',
      ]),
    );
  };
  const report = async () => {
    expect((await runToEnd(['report', '--target', d.mock.url])).code).toBe(0);
  };

  it('skips the rules that had no occasion, and says what was missing', async () => {
    const { client_id } = await d.createClient();
    await report();
    const suite = `mock-veridas findings: ${client_id}`;
    expect(new Set(Object.values(readSuite(suite)))).toEqual(
      new Set([
        'skipped: no request to /o/',
        'skipped: no access token was issued',
        'skipped: no request to /call',
        'skipped: no call was opened',
        'skipped: no browser ran the page of a call',
      ]),
    );
  });

  it('passes the rules that had an occasion', async () => {
    const { client_id } = await createClientWithCall('val-1', 'join');
    await report();
    expect(readSuite(`mock-veridas findings: ${client_id}`)).toMatchObject({
      'secret-in-browser': 'passed',
      'token-burst': 'passed',
      'token-shared': 'passed',
      'host-without-videocall': expect.stringContaining('failure: '),
      'frame-too-small': 'skipped: no browser ran the page of a call',
    });
  });

  it('has a suite for the calls, with the state, scenario and duration of each', async () => {
    await d.admin('POST', '/reset');
    await d.admin('POST', '/clock/freeze');
    const ended = await createClientWithCall('val-ended', 'join', 'start');
    await d.admin('POST', '/clock/advance', { by: '90s', client_id: ended.client_id });
    await d.admin('POST', '/calls/val-ended/agent', { action: 'end', client_id: ended.client_id });
    await fail(await createClientWithCall('val-failed'), 'val-failed');
    await createClientWithCall('val-waiting');
    await report();
    expect(readSuite('mock-veridas calls')).toEqual({
      'val-ended: ended, scenario manual': 'passed',
      'val-failed: failed, scenario manual': 'passed',
      'val-waiting: waiting, scenario manual': 'skipped: the call had not ended when the report was written',
    });
    const time = /val-ended[^>]* time="([^"]*)"/.exec(readReport('junit.xml'))?.[1];
    expect(Number(time)).toBe(90);
  });

  it('leaves the demo out', async () => {
    await d.admin('POST', '/reset');
    const demo = await fetch(`${d.mock.url}/__demo/calls`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"scenario":"manual"}',
    });
    const { src } = (await demo.json()) as { src: string };
    await fetch(src.replace('videocall.localhost', '127.0.0.1'));
    expect((await d.admin('GET', '/calls?client_id=demo')).json.total).toBe(1);
    const { out } = await runToEnd(['report', '--target', d.mock.url]);
    expect(out).toContain('0 calls, 0 findings');
    for (const name of ['report.html', 'junit.xml', 'summary.md', 'report.json'])
      expect(readReport(name)).not.toMatch(/\bdemo\b/);
  });
});

describe('Markdown summary', () => {
  it('lists findings and calls, and keeps markup as text', async () => {
    await d.admin('POST', '/reset');
    await createClientWithCall('<img src=x> | `a` [b](c)');
    const summary = path.join(cwd(), 'step.md');
    write('step.md', 'before');
    const { code } = await runToEnd(['report', '--target', d.mock.url], { GITHUB_STEP_SUMMARY: summary });
    expect(code).toBe(0);
    const text = readReport('summary.md');
    expect(readFileSync(summary, 'utf8')).toBe(`before\n${text}`);
    expect(text).toMatch(/^### mock-veridas: 1 call, 1 finding\n/);
    expect(text).toContain('host-without-videocall');
    expect(text).toContain('&#60;img src=x&#62; &#124; &#96;a&#96; &#91;b&#93;(c) |');
    expect(text).toMatch(/\| waiting \| manual \| not ended \|\n/);
    expect(text).not.toMatch(/[<>[\]`]/);
  });

  it('does not change the outcome when it cannot be written', async () => {
    const { code, err } = await runToEnd(['exec', '--', 'true'], { GITHUB_STEP_SUMMARY: '/no/such/file' });
    expect([code, err]).toEqual([0, expect.stringContaining('mock-veridas: GITHUB_STEP_SUMMARY: ENOENT')]);
  });

  it('goes to the summary of the job after exec, with and without a report', async () => {
    const summary = path.join(cwd(), 'step.md');
    for (const flags of [[], ['--report', 'out']])
      await runToEnd(['exec', ...flags, '--', 'true'], { GITHUB_STEP_SUMMARY: summary });
    expect(readFileSync(summary, 'utf8').match(/### mock-veridas: 0 calls, 0 findings/g)).toHaveLength(2);
  });
});

describe('mock-veridas report --merge', () => {
  const OPEN =
    'token() { curl -s $VIDEOCALL_URL/o/token/ -d grant_type=client_credentials -d client_id=$CLIENT_ID ' +
    '-d client_secret=$CLIENT_SECRET | sed \'s/.*access_token": *"//; s/".*//\'; }; ' +
    'curl -s -o /dev/null "$VIDEOCALL_URL/call?access_token=$(token)&validation_id=$0"';
  const shard = (name: string) => runToEnd(['exec', '--report', name, '--', 'sh', '-c', OPEN, `val-${name}`]);

  it('merges the reports of shards into one', async () => {
    await shard('one');
    await shard('two');
    const { code, out, err } = await runToEnd([
      'report',
      '--merge',
      'one',
      'two',
      '--out',
      'all',
      '--strict',
    ]);
    expect([code, err]).toEqual([1, '']);
    expect(out).toContain('2 calls, 2 findings\n');
    const html = readReport('report.html', 'all');
    for (const name of ['one', 'two']) {
      expect(html).toContain(`val-${name} <span class="state`);
      expect(html).toContain(`sandbox-client (${name})`);
    }
    // The diagrams still link calls and tokens.
    expect(html.match(/access token …/g)?.length).toBeGreaterThanOrEqual(2);
    expect((await runToEnd(['report', '--merge', 'all', '--out', 'again'])).out).toContain(
      '2 calls, 2 findings\n',
    );
    expect(await readJunitProblems('all')).toBe('');
  });

  const readJunitProblems = (folder: string) =>
    noXmllint === undefined ? findXmlProblems('junit.xsd', path.join(cwd(), folder, 'junit.xml')) : '';

  it.each([
    [['--merge'], '--merge: no folder given; write --merge DIR...'],
    [['--merge', 'none'], 'none/report.json cannot be read: ENOENT'],
    [['--merge', 'text'], '--merge: text/report.json is not JSON'],
    [['--merge', 'other'], '--merge: other/report.json is not the data of a report'],
    [['--merge', 'none', 'text'], '--merge: text/report.json'],
    [['--merge', 'text', '--target', 'http://a'], '--target: does not go with --merge'],
  ])('exits with 2 and writes nothing for %j', async (args, why) => {
    for (const [folder, text] of [
      ['text', 'hello'],
      ['other', '{"version":"1","calls":[{}]}'],
    ] as const) {
      mkdirSync(path.join(cwd(), folder));
      writeFileSync(path.join(cwd(), folder, 'report.json'), text);
    }
    const { code, out, err } = await runToEnd(['report', ...args]);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(why)]);
    expect(existsSync(path.join(cwd(), 'mock-veridas-report'))).toBe(false);
  });
});

describe('mock-veridas exec --expect-calls', () => {
  const exec = (n: string, script: string) =>
    runToEnd(['exec', '--expect-calls', n, '--', 'sh', '-c', script]);
  const OPEN =
    'token=$(curl -s $VIDEOCALL_URL/o/token/ -d grant_type=client_credentials -d client_id=$CLIENT_ID ' +
    '-d client_secret=$CLIENT_SECRET | sed \'s/.*access_token": *"//; s/".*//\'); ' +
    'curl -s -o /dev/null "$VIDEOCALL_URL/call?access_token=$token&validation_id=';

  it('exits with 1 and says why when fewer calls were opened', async () => {
    const { code, err } = await exec('1', 'true');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('--expect-calls: 0 of at least 1 calls were opened'),
    ]);
  });

  it('exits with 0 when as many or more were opened, also of clients that are gone', async () => {
    expect(await exec('1', `${OPEN}a"; ${OPEN}b"`)).toMatchObject({ code: 0 });
    const reset = 'curl -s -o /dev/null -X POST $VIDEOCALL_ADMIN_URL/reset';
    expect(await exec('1', `${OPEN}a"; ${reset}`)).toMatchObject({ code: 0 });
    // The same call, opened twice.
    expect(await exec('2', `${OPEN}a"; ${OPEN}a"`)).toMatchObject({ code: 1 });
  });

  it("keeps the command's own exit code", async () => {
    expect((await exec('1', 'exit 7')).code).toBe(7);
  });

  it.each(['0', '-1', 'x', '1.5'])('exits with 2 for %s', async (n) => {
    const { code, err } = await runToEnd(['exec', `--expect-calls=${n}`, '--', 'true']);
    expect([code, err]).toEqual([2, expect.stringContaining('--expect-calls')]);
  });
});

describe('coverage of a run', () => {
  /** Requests a token as often as in `ways`, each with these arguments of curl. */
  const exec = (flags: readonly string[], ...ways: string[]) =>
    runToEnd([
      'exec',
      ...flags,
      '--',
      'sh',
      '-c',
      ways.map((way) => `curl -s -o /dev/null $VIDEOCALL_URL/o/token/ ${way}`).join('; ') || 'true',
    ]);
  const GRANT = '-d grant_type=client_credentials -d client_id=$CLIENT_ID';
  const GOOD = `${GRANT} -d client_secret=$CLIENT_SECRET`;
  const BAD = `${GRANT} -d client_secret=wrong`;
  const findLine = (text: string) => /^(?:mock-veridas: )?coverage .*$/m.exec(text)?.[0];

  it('is one line after exec', async () => {
    expect(findLine((await exec([])).err)).toMatch(
      /^mock-veridas: coverage 0 of 31 situations; not yet: token refused and then issued, .*, and 26 more$/,
    );
    expect(findLine((await exec([], GOOD)).err)).toMatch(/^mock-veridas: coverage 2 of 32 situations; /);
  });

  it('outlives a client that is removed, and ends with a full reset', async () => {
    const create =
      'x -o /dev/null; curl -s -o /dev/null $VIDEOCALL_ADMIN_URL/clients -d \'{"client_id":"a","client_secret":"b"}\'';
    const use = '-d grant_type=client_credentials -u a:b';
    const remove = 'x; curl -s -X DELETE $VIDEOCALL_ADMIN_URL/clients/a';
    expect(findLine((await exec([], create, use, remove)).err)).toContain('coverage 2 of 32');
    const reset = 'x; curl -s -X POST $VIDEOCALL_ADMIN_URL/reset';
    expect(findLine((await exec([], create, use, reset)).err)).toContain('coverage 0 of 31');
  });

  it.each([
    ['2', 0],
    ['3', 1],
    ['6%', 0],
    ['7%', 1],
    ['100%', 1],
  ])('makes exec --min-coverage %s exit with %d after two of 32', async (minimum, expected) => {
    const { code, err } = await exec(['--min-coverage', minimum], GOOD);
    expect([code, err.includes('--min-coverage: 2 of 32 situations were played')]).toEqual([
      expected,
      expected === 1,
    ]);
  });

  it('says that --min-coverage asks for more situations than there are', async () => {
    const { code, err } = await exec(['--min-coverage', '33'], GOOD);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(
        '--min-coverage: 33 is more than the 32 situations that are asked for; lower it, or give a percentage',
      ),
    ]);
  });

  it('keeps the exit code of a command that fails', async () => {
    expect((await runToEnd(['exec', '--min-coverage', '1', '--', 'sh', '-c', 'exit 7'])).code).toBe(7);
  });

  it.each(['0', '-1', '36', '0%', '101%', '1.5', '80 %', 'all'])(
    'refuses --min-coverage %s',
    async (minimum) => {
      const { code, err } = await exec([`--min-coverage=${minimum}`]);
      expect(code).toBe(2);
      expect(err).toContain('--min-coverage: ');
      expect(err).toContain('give a number from 1 to 35, or a percentage such as 80%');
    },
  );

  it('does not ask for what the config file ignores, and the report says why', async () => {
    write(
      'mock-veridas.config.yaml',
      'min-coverage: 2',
      'coverage-ignore:',
      '  - { situation: production-client, reason: "<only> the sandbox" }',
      '  - { situation: token-form-body, reason: by hand }',
    );
    const { code, err } = await exec(['--report', 'out'], GOOD);
    expect(findLine(err)).toContain('coverage 1 of 30');
    expect(code).toBe(1);
    expect(readReport('report.html', 'out')).toContain(
      'Token for a production client: &lt;only> the sandbox',
    );
    expect(readReport('summary.md', 'out')).toContain(
      '| token for a production client | &#60;only&#62; the sandbox |',
    );
    expect(readReport('junit.xml', 'out')).toContain(
      '<property name="coverage.production-client" value="ignored: &lt;only&gt; the sandbox"/>',
    );
  });

  it.each([
    [
      '{ situation: expired-tokn, reason: r }',
      '"expired-tokn" is not a situation; did you mean "expired-token"?',
    ],
    ['{ situation: VideocallCompleted lost, reason: r }', 'did you mean "completed-lost"?'],
    ['{ situation: production, reason: r }', 'give one of token-form-body, '],
    ['{ situation: expired-token }', 'reason'],
    ['{ situation: expired-token, reason: " " }', 'reason'],
    [
      '{ situation: expired-token, reason: r }, { situation: expired-token, reason: s }',
      'is listed above already',
    ],
    ['expired-token', 'production-client, reason:'],
  ])('refuses coverage-ignore: [%s] with the place', async (entry, why) => {
    write('mock-veridas.config.yaml', `coverage-ignore: [${entry}]`);
    const { code, err } = await exec([]);
    expect([code, err]).toEqual([2, expect.stringContaining('mock-veridas.config.yaml:1:')]);
    expect(err).toContain(why);
    expect(await runToEnd(['report', '--merge', 'none'])).toMatchObject({ code, err });
  });

  it('is not asked for in the report of a server or of shards either, where the config file ignores it', async () => {
    const server = await openDrive();
    await exec(['--report', 'one'], GOOD);
    write('mock-veridas.config.yaml', 'coverage-ignore: [{ situation: two-calls, reason: one call a day }]');
    await exec(['--report', 'two']);
    write('mock-veridas.config.yaml', 'coverage-ignore: [{ situation: two-calls, reason: no calls at all }]');
    for (const [args, total] of [
      [['--target', server.mock.url], 30],
      [['--merge', 'one', 'two'], 31],
    ] as const) {
      const { code, out } = await runToEnd(['report', ...args, '--out', 'all']);
      expect([code, out]).toEqual([0, expect.stringContaining(` of ${total} situations`)]);
      expect(readReport('summary.md', 'all')).toContain('| two calls at once | no calls at all |');
    }
    await server.mock.close();
  });

  it('is in every file of the report, and the report of two shards adds up', async () => {
    await exec(['--report', 'one'], GOOD);
    await exec(['--report', 'two'], '-d grant_type=client_credentials -u $CLIENT_ID:wrong', BAD, GOOD);
    const merge = ['report', '--merge', 'one', 'two', '--out', 'all'];
    expect(findLine((await runToEnd(merge)).out)).toContain('coverage 3 of 33');
    expect((await runToEnd([...merge, '--min-coverage', '3'])).code).toBe(0);
    expect(await runToEnd([...merge, '--min-coverage', '4'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('--min-coverage: 3 of 33 situations were played, fewer than 4'),
    });
    const html = readReport('report.html', 'all');
    expect(html).toContain('it has reached your integration, not that it has reacted well');
    expect(html).toContain('Expired token at /call');
    expect(html).toContain('POST /__admin/clock/advance {&quot;by&quot;:&quot;2h&quot;}');
    expect(readReport('summary.md', 'all')).toContain('Coverage: 3 of 33 situations were played');
    const junit = readReport('junit.xml', 'all');
    expect(junit).toContain('<property name="coverage.token-refused" value="played"/>');
    expect(junit).toContain('<property name="coverage.token-form-basic" value="not played"/>');
    if (noXmllint === undefined) {
      const file = path.join(cwd(), 'all/junit.xml');
      expect(await findXmlProblems('junit.xsd', file)).toBe('');
      expect(await findXmlProblems('junit-4.xsd', file)).toBe('');
    }
  });
});

describe('mock-veridas report that fails', () => {
  const expectNoReport = () => expect(existsSync(path.join(cwd(), 'mock-veridas-report'))).toBe(false);

  it('exits with 3 and writes nothing when no server answers', async () => {
    const stopped = await openDrive();
    await stopped.mock.close();
    const { code, err } = await runToEnd(['report', '--target', stopped.mock.url]);
    expect([code, err]).toEqual([3, expect.stringContaining(`no answer from ${stopped.mock.url}/__admin`)]);
    expectNoReport();
  });

  it.each([
    ['text', () => 'hello'],
    ['other JSON', () => '{"ok":true}'],
    ['null', () => 'null'],
  ])('exits with 3 and writes nothing when the server answers with %s', async (_, answer) => {
    const other = await startFakeControlApi(answer);
    const { code, err } = await runToEnd(['report', '--target', other.url]);
    expect([code, err]).toEqual([3, expect.stringContaining('is not a mock-veridas control API')]);
    expectNoReport();
    await other.close();
  });

  it.each([
    [['--targt', 'http://a'], '--targt: is not a flag; did you mean --target?'],
    [['--aut', 'x'], '--aut: is not a flag; did you mean --out?'],
    [['--strct'], '--strct: is not a flag; did you mean --strict?'],
    [['--target', 'here'], '--target: this is not an address; give one such as http://127.0.0.1:4010'],
    [['--target'], '--target: has no value; write --target URL'],
    [['--out='], '--out: has no value; write --out DIR'],
    [['--out', '--strict'], '--out: has no value; write --out DIR'],
    [['--port', '0'], '0 means any free port'],
    [['--report', 'x'], '--report: is not a flag of report; exec takes it'],
    [['--scenario', 'x'], '--scenario: is not a flag of report; start and exec take it'],
    [['folder'], 'argument 1: is not expected'],
    [['--report-source', 'x'], '--report-source: is not a flag; see report --help'],
  ])('exits with 2 and writes nothing for %j', async (args, why) => {
    const { code, out, err } = await runToEnd(['report', ...args]);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(why)]);
    expectNoReport();
  });

  it('exits with 2 when the report folder cannot be created', async () => {
    write('file', '');
    const { code, out, err } = await runToEnd(['report', '--target', d.mock.url, '--out', 'file/folder']);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(/^mock-veridas: --out: ENOTDIR/)]);
  });

  it('prints its usage with --help', async () => {
    const { code, out } = await runToEnd(['report', '--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('--target URL')]);
  });
});

describe('report contents', () => {
  const HOSTILE = [
    '</title></style></details><script>alert(1)</script><img src=x onerror=alert(1)>',
    ']]><!--<![CDATA[ &amp; &#0; "quoted" \'too\'',
    'a\u0000b\u001b[31mc\u0008\u0085\r\n\ttail',
    `half \ud83d and \udc00, whole 😀`,
    'turned \u202egnp.exe\u2066 \u200f',
    'x'.repeat(10_000),
    '',
  ];
  /** Fields with a fixed set of values, which the hostile text does not replace. */
  const UNCHANGED_FIELDS =
    /(^|_)(at|time)$|^(state|severity|rule|guide|type|act|by|page|delivery|access_token|version)$/;
  const replaceText = (value: Json, text: string): Json => {
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries<Json>(value).map(([name, field]) => {
        if (UNCHANGED_FIELDS.test(name) || name === 'tokens') return [name, field];
        if (typeof field === 'string' || field === null) return [name, text];
        return [
          name,
          Array.isArray(field) ? field.map((one) => replaceText(one, text)) : replaceText(field, text),
        ];
      }),
    );
  };

  it.each(HOSTILE.map((text) => [JSON.stringify(text).slice(0, 40), text]))(
    'escapes or strips hostile text in every field: %s',
    async (_, text) => {
      const client = await createClientWithCall('val-1', 'join', 'end');
      await fail(await createClientWithCall('val-2'), 'val-2');
      const other = await startFakeControlApi(async (about) => {
        const real = (await d.admin('GET', about)).json;
        if (about === '/health') return JSON.stringify(real);
        return JSON.stringify({ ...real, items: real.items.map((item: Json) => replaceText(item, text)) });
      });
      const { code, out, err } = await runToEnd(['report', '--target', other.url]);
      await other.close();
      expect([code, err]).toEqual([0, '']);
      const html = readReport('report.html');
      expect(html).not.toContain('<script');
      expect(html).not.toContain('<img');
      expect(html).not.toContain(client.token);
      expect(html).not.toMatch(/(?!\n|\t)\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200f\ufffd]/u);
      // Every opened tag is closed.
      for (const tag of ['details', 'section', 'table', 'ul', 'ol', 'main', 'style'])
        expect([tag, html.split(`</${tag}>`).length]).toEqual([
          tag,
          html.split(new RegExp(`<${tag}[ >]`)).length,
        ]);
      if (text.length > 5_000) expect(html).toContain('… (10,000 characters)');
      expect(out).toMatch(/\d+ calls, \d+ findings\ncoverage \d+ of \d+ situations/);
      if (noXmllint === undefined) {
        const file = path.join(cwd(), 'mock-veridas-report/junit.xml');
        expect(await findXmlProblems('junit.xsd', file)).toBe('');
        expect(await findXmlProblems('junit-4.xsd', file)).toBe('');
      }
    },
  );

  it('masks an access token that was sent as a validation id', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    await d.open(token, token);
    expect((await runToEnd(['report', '--target', d.mock.url])).code).toBe(0);
    for (const name of ['report.html', 'junit.xml', 'summary.md', 'report.json'])
      expect(readReport(name)).not.toContain(token);
  });

  it('limits the size of the report and counts the calls and requests left out', async () => {
    await d.admin('POST', '/reset');
    await createClientWithCall('val-1', 'join', 'start', 'end');
    await fail(await createClientWithCall('val-2'), 'val-2');
    const other = await startFakeControlApi(async (about) => {
      const { items, ...rest } = (await d.admin('GET', about)).json;
      if (items === undefined) return JSON.stringify(rest);
      const [first, second] = items;
      const many = (count: number) =>
        Array.from({ length: count }, (_, index) => ({ ...first, id: index, n: index + 1 }));
      if (about === '/calls') return JSON.stringify({ items: [{ ...second, n: 5_000 }, ...many(1_000)] });
      return JSON.stringify({ ...rest, items: about === '/requests' ? many(10_000) : items });
    });
    const { code, out } = await runToEnd(['report', '--target', other.url]);
    await other.close();
    expect([code, out]).toEqual([0, expect.stringContaining('1,001 calls, ')]);
    const html = readReport('report.html');
    expect(html.length).toBeLessThan(3_000_000);
    expect(html).toContain('and 901 older: 901 ended');
    expect(html).toContain('and 9,000 older');
    // It is the oldest call, but failed calls are always included.
    expect(html).toContain('val-2 (call 5000) <span class="state error">');
  });
});

describe('mock-veridas exec --report', () => {
  const missingSlash = 'curl -s -o /dev/null -X POST $VIDEOCALL_URL/o/token -d client_id=$CLIENT_ID';
  const exec = (script: string, ...flags: string[]) =>
    runToEnd(['exec', '--report', 'out', ...flags, '--', 'sh', '-c', script]);

  it.each([
    ['succeeded', 'exit 0', 0],
    ['failed', 'exit 7', 7],
    ['was killed', 'kill -9 $$', 137],
  ])('writes a report after a command that %s and keeps its exit code', async (_, end, expected) => {
    const { code, out, err } = await exec(`${missingSlash}; echo its own output; ${end}`);
    expect([code, out]).toEqual([expected, 'its own output\n']);
    expect(err).toContain('mock-veridas: wrote out/report.html\n');
    expect(err).toMatch(/mock-veridas: 0 calls, 1 finding\n$/);
    expect(readReport('report.html', 'out')).toContain('missing-trailing-slash');
    expect(readReport('junit.xml', 'out')).toContain('failures="1"');
  });

  it('writes a report and exits with 1 with --strict', async () => {
    expect((await exec(missingSlash, '--strict')).code).toBe(1);
    expect(readReport('junit.xml', 'out')).toContain('failures="1"');
  });

  it('writes a report after SIGTERM', async () => {
    const { child, exited, output } = run([
      'exec',
      '--report',
      'out',
      '--',
      'sh',
      '-c',
      'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done',
    ]);
    await expect.poll(output).toBe('up\n');
    child.kill('SIGTERM');
    expect(await exited).toBe(9);
    expect(readReport('report.html', 'out')).toContain('No calls');
  });

  it('writes a report when the control API requires credentials', async () => {
    const { code, err } = await exec('true', '--host', '0.0.0.0', '--admin-password', 'a b:c');
    expect([code, err]).toEqual([0, expect.stringContaining('wrote out/report.html')]);
  });

  it('exits with 2 before running the command when the report folder cannot be created', async () => {
    write('out', '');
    const { code, out, err } = await exec('echo ran');
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(/^mock-veridas: --report: EEXIST/)]);
  });

  it('deletes the report of an earlier run when the command cannot be run', async () => {
    mkdirSync(path.join(cwd(), 'out'));
    writeFileSync(path.join(cwd(), 'out/report.html'), 'old');
    writeFileSync(path.join(cwd(), 'out/notes.txt'), 'mine');
    expect((await runToEnd(['exec', '--report', 'out', '--', 'no-such-program'])).code).toBe(2);
    expect(existsSync(path.join(cwd(), 'out/report.html'))).toBe(false);
    expect(readReport('notes.txt', 'out')).toBe('mine');
  });

  it('exits with 3, or the code of the failed command, when the report cannot be written', async () => {
    const breakFolder = 'rm -r out; touch out';
    const failed = await exec(breakFolder);
    expect([failed.code, failed.err]).toEqual([3, expect.stringContaining('mock-veridas: --report: EEXIST')]);
    // The file that the first run left would block the second.
    rmSync(path.join(cwd(), 'out'));
    expect((await exec(`${breakFolder}; exit 7`)).code).toBe(7);
  });

  it('writes a report from the installed package without dev dependencies', async () => {
    const installed = path.join(cwd(), 'node_modules/mock-veridas');
    for (const name of ['dist', 'fixtures', 'package.json'])
      cpSync(path.join(import.meta.dirname, '../..', name), path.join(installed, name), { recursive: true });
    const command = [process.execPath, path.join(installed, 'dist/mock-veridas.cjs')];
    expect((await runToEnd(['exec', '--report', 'out', '--', 'true'], {}, command)).code).toBe(0);
    expect(readReport('report.html', 'out')).toContain('No calls');
  });

  it('reads the report folder from the environment and the config file', async () => {
    await runToEnd(['exec', '--', 'true'], { MOCK_VERIDAS_REPORT: 'from-env' });
    expect(readReport('report.html', 'from-env')).toContain('<!doctype html>');
    write('mock-veridas.config.yaml', 'report: from-file');
    await runToEnd(['exec', '--', 'true']);
    expect(readReport('report.html', 'from-file')).toContain('<!doctype html>');
  });
});

describe.skipIf(noXmllint)(`JUnit schemas${noXmllint ? ` (${noXmllint})` : ''}`, () => {
  it('rejects invalid JUnit files', async () => {
    write('bad.xml', '<testsuites><testsuite name="x" tests="many"/></testsuites>');
    const file = path.join(cwd(), 'bad.xml');
    expect(await findXmlProblems('junit.xsd', file)).toContain('many');
    write('worse.xml', '<testsuites><testsuit/></testsuites>');
    expect(await findXmlProblems('junit-4.xsd', path.join(cwd(), 'worse.xml'))).toContain('testsuit');
  });
});
