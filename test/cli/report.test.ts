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

/** Runs a command to its end. */
async function done(args: readonly string[], env: Record<string, string> = {}, command?: readonly string[]) {
  const { exited, output, errors } = run(args, env, command);
  return { code: await exited, out: output(), err: errors() };
}
const written = (name: string, folder = 'mock-veridas-report') =>
  readFileSync(path.join(cwd(), folder, name), 'utf8');

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());

/** A client of its own with a call that these actions have led to its end. */
async function called(validationId: string, ...actions: string[]): Promise<Credentials & { token: string }> {
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
  it('writes two files, and tells where they are and what is in them', async () => {
    await d.admin('POST', '/reset');
    const good = await called('val-good', 'join', 'end');
    const bad = await called('val-bad');
    await fail(bad, 'val-bad');
    const { code, out, err } = await done(['report', '--target', d.mock.url, '--out', 'a/b']);
    expect([code, err]).toEqual([0, '']);
    const files = ['report.html', 'junit.xml'];
    // Both calls were opened under the name for backends.
    expect(out).toBe(`${files.map((name) => `wrote a/b/${name}\n`).join('')}2 calls, 2 findings\n`);

    const html = written('report.html', 'a/b');
    expect(html).toContain('val-good <span class="state ended">ended</span>');
    expect(html).toContain('val-bad <span class="state error">failed</span>');
    expect(html).toMatch(/<details class="card call error"[^>]* open>/);
    expect(html).toContain('<span class="state completed">completed</span>');
    expect(html).toContain('host-without-videocall');
    const all = files.map((name) => written(name, 'a/b')).join();
    for (const { token, client_secret } of [good, bad]) {
      expect(all).not.toContain(token);
      expect(all).not.toContain(client_secret);
      expect(html).toContain(`…${token.slice(-4)}`);
    }
  });

  it('tells of a mistake where it belongs, in each of them', async () => {
    const client = await d.createClient();
    await fetch(`${d.mock.url}/o/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.client_id }),
    });
    await fetch(`${d.mock.url}/o/token`, { method: 'POST' });
    expect((await done(['report', '--target', d.mock.url])).code).toBe(0);
    const rule = 'missing-trailing-slash';
    const { guide, title, fix } = RULES[rule];
    const suites = written('junit.xml').split('<testsuite ');
    const own = suites.find((suite) => suite.includes(`findings: ${client.client_id}"`));
    expect(own).toContain(`tests="${Object.keys(RULES).length}" failures="1"`);
    expect(own).toContain(
      `name="${rule}" time="0">\n      <failure message="error: ${title}">seen once: POST /o/token\nguide: section ${guide}\nfix: ${fix}<`,
    );
    expect(suites.find((suite) => suite.includes('name="mock-veridas findings"'))).toContain(
      `name="${rule}"`,
    );
    expect(written('report.html')).toContain(fix.replaceAll('"', '&quot;'));
  });

  it('exits with 1 when it is to be strict and there are findings, and writes all the same', async () => {
    await called('val-strict');
    expect((await done(['report', '--target', d.mock.url, '--strict'])).code).toBe(1);
    expect(existsSync(path.join(cwd(), 'mock-veridas-report/report.html'))).toBe(true);
    const fresh = await openDrive();
    expect((await done(['report', '--target', fresh.mock.url, '--strict'])).code).toBe(0);
    await fresh.mock.close();
  });

  it('finds the server with the same settings, and its credentials', async () => {
    write('mock-veridas.config.yaml', 'host: 0.0.0.0', 'admin-user: me', 'admin-password: "p:@ss/ wörd"');
    const { ready } = run(['--port', '0']);
    const { port } = new URL(await ready);
    expect(await done(['report', '--port', port])).toMatchObject({ code: 0, err: '' });
    const target = `http://127.0.0.1:${port}`;
    expect(await done(['report', '--target', target])).toMatchObject({ code: 0, err: '' });
    const wrong = await done(['report', '--target', target, '--admin-password', 'hush-hush']);
    expect([wrong.code, wrong.out]).toEqual([2, '']);
    expect(wrong.err).toContain(`${target}/__admin: the control API asks for Basic credentials`);
    expect(wrong.err).not.toContain('hush');
    const inAddress = target.replace('//', '//me:p%3A%40ss%2F%20w%C3%B6rd@');
    const args = ['report', '--admin-password', 'wrong', '--target', inAddress];
    expect(await done(args)).toMatchObject({ code: 0, err: '' });
  });
});

describe('mock-veridas report writes nothing and ends', () => {
  const nothing = () => expect(existsSync(path.join(cwd(), 'mock-veridas-report'))).toBe(false);

  it('with 3 when nobody answers', async () => {
    const gone = await openDrive();
    await gone.mock.close();
    const { code, err } = await done(['report', '--target', gone.mock.url]);
    expect([code, err]).toEqual([3, expect.stringContaining(`no answer from ${gone.mock.url}/__admin`)]);
    nothing();
  });

  it.each([
    ['no JSON', () => 'hello'],
    ['other JSON', () => '{"ok":true}'],
    ['null', () => 'null'],
  ])('with 3 when %s is answered', async (_, answer) => {
    const other = await startFakeControlApi(answer);
    const { code, err } = await done(['report', '--target', other.url]);
    expect([code, err]).toEqual([3, expect.stringContaining('is no mock-veridas')]);
    nothing();
    await other.close();
  });

  it.each([
    [['--targt', 'http://a'], '--targt: is not a flag; did you mean --target?'],
    [['--aut', 'x'], '--aut: is not a flag; did you mean --out?'],
    [['--strct'], '--strct: is not a flag; did you mean --strict?'],
    [['--target', 'here'], '--target: this is not an address; give one as in http://127.0.0.1:4010'],
    [['--target'], '--target: has no value; write --target URL'],
    [['--out='], '--out: has no value; write --out DIR'],
    [['--out', '--strict'], '--out: has no value; write --out DIR'],
    [['--port', '0'], '0 stands for any free port'],
    [['--report', 'x'], '--report: is not a flag of report; exec takes it'],
    [['--scenario', 'x'], '--scenario: is not a flag of report; start and exec take it'],
    [['folder'], 'argument 1: is not expected'],
    [['--report-source', 'x'], '--report-source: is not a flag; see report --help'],
  ])('with 2 for %j', async (args, why) => {
    const { code, out, err } = await done(['report', ...args]);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(why)]);
    nothing();
  });

  it('with 2 when there can be no such folder', async () => {
    write('file', '');
    const { code, out, err } = await done(['report', '--target', d.mock.url, '--out', 'file/folder']);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(/^mock-veridas: --out: ENOTDIR/)]);
  });

  it('but says how it is used', async () => {
    const { code, out } = await done(['report', '--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('--target URL')]);
  });
});

describe('what is written', () => {
  const HOSTILE = [
    '</title></style></details><script>alert(1)</script><img src=x onerror=alert(1)>',
    ']]><!--<![CDATA[ &amp; &#0; "quoted" \'too\'',
    'a\u0000b\u001b[31mc\u0008\u0085\r\n\ttail',
    `half \ud83d and \udc00, whole 😀`,
    'turned \u202egnp.exe\u2066 \u200f',
    'x'.repeat(10_000),
    '',
  ];
  /** Kept as they are: the control API has no others. */
  const KINDS =
    /(^|_)(at|time)$|^(state|severity|rule|guide|type|act|by|page|delivery|access_token|version)$/;
  const hostile = (value: Json, text: string): Json => {
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries<Json>(value).map(([name, field]) => {
        if (KINDS.test(name) || name === 'tokens') return [name, field];
        if (typeof field === 'string' || field === null) return [name, text];
        return [name, Array.isArray(field) ? field.map((one) => hostile(one, text)) : hostile(field, text)];
      }),
    );
  };

  it.each(HOSTILE.map((text) => [JSON.stringify(text).slice(0, 40), text]))(
    'holds as text whatever stands in any field: %s',
    async (_, text) => {
      const client = await called('val-1', 'join', 'end');
      await fail(await called('val-2'), 'val-2');
      const other = await startFakeControlApi(async (about) => {
        const real = (await d.admin('GET', about)).json;
        if (about === '/health') return JSON.stringify(real);
        return JSON.stringify({ items: real.items.map((item: Json) => hostile(item, text)) });
      });
      const { code, out, err } = await done(['report', '--target', other.url]);
      await other.close();
      expect([code, err]).toEqual([0, '']);
      const html = written('report.html');
      expect(html).not.toContain('<script');
      expect(html).not.toContain('<img');
      expect(html).not.toContain(client.token);
      expect(html).not.toMatch(/(?!\n|\t)\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200f\ufffd]/u);
      // Whatever it holds, all that is opened is closed.
      for (const tag of ['details', 'section', 'table', 'ul', 'ol', 'main', 'style'])
        expect([tag, html.split(`</${tag}>`).length]).toEqual([
          tag,
          html.split(new RegExp(`<${tag}[ >]`)).length,
        ]);
      if (text.length > 5_000) expect(html).toContain('… (10,000 characters)');
      expect(out).toMatch(/\d+ calls, \d+ findings\n$/);
      if (noXmllint === undefined) {
        const file = path.join(cwd(), 'mock-veridas-report/junit.xml');
        expect(await findXmlProblems('junit.xsd', file)).toBe('');
        expect(await findXmlProblems('junit-4.xsd', file)).toBe('');
      }
    },
  );

  it('hides a token also where an integration has put it by mistake', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    await d.open(token, token);
    expect((await done(['report', '--target', d.mock.url])).code).toBe(0);
    for (const name of ['report.html', 'junit.xml']) expect(written(name)).not.toContain(token);
  });

  it('stays of a size that opens well, and counts what is left out', async () => {
    await d.admin('POST', '/reset');
    await called('val-1', 'join', 'start', 'end');
    await fail(await called('val-2'), 'val-2');
    const other = await startFakeControlApi(async (about) => {
      const { items, ...rest } = (await d.admin('GET', about)).json;
      if (items === undefined) return JSON.stringify(rest);
      const [first, second] = items;
      const many = (count: number) =>
        Array.from({ length: count }, (_, index) => ({ ...first, id: index, n: index + 1 }));
      if (about === '/calls') return JSON.stringify({ items: [{ ...second, n: 5_000 }, ...many(1_000)] });
      return JSON.stringify({ items: about === '/requests' ? many(10_000) : items });
    });
    const { code, out } = await done(['report', '--target', other.url]);
    await other.close();
    expect([code, out]).toEqual([0, expect.stringContaining('1,001 calls, ')]);
    const html = written('report.html');
    expect(html.length).toBeLessThan(3_000_000);
    expect(html).toContain('and 901 older ones: 901 ended');
    expect(html).toContain('and 9,000 older ones');
    // The oldest of all, but a failed one.
    expect(html).toContain('val-2 (call 5000) <span class="state error">');
  });
});

describe('mock-veridas exec --report', () => {
  const slashless = 'curl -s -o /dev/null -X POST $VIDEOCALL_URL/o/token -d client_id=$CLIENT_ID';
  const exec = (script: string, ...flags: string[]) =>
    done(['exec', '--report', 'out', ...flags, '--', 'sh', '-c', script]);

  it.each([
    ['has ended well', 'exit 0', 0],
    ['has failed', 'exit 7', 7],
    ['was killed', 'kill -9 $$', 137],
  ])('reports on a command that %s, whose exit code stays', async (_, end, expected) => {
    const { code, out, err } = await exec(`${slashless}; echo its own output; ${end}`);
    expect([code, out]).toEqual([expected, 'its own output\n']);
    expect(err).toContain('mock-veridas: wrote out/report.html\n');
    expect(err).toMatch(/mock-veridas: 0 calls, 1 finding\n$/);
    expect(written('report.html', 'out')).toContain('missing-trailing-slash');
    expect(written('junit.xml', 'out')).toContain('failures="1"');
  });

  it('goes with --strict', async () => {
    expect((await exec(slashless, '--strict')).code).toBe(1);
    expect(written('junit.xml', 'out')).toContain('failures="1"');
  });

  it('reports also when it was told to stop', async () => {
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
    expect(written('report.html', 'out')).toContain('No call was opened.');
  });

  it('reports where the control API asks for credentials', async () => {
    const { code, err } = await exec('true', '--host', '0.0.0.0', '--admin-password', 'a b:c');
    expect([code, err]).toEqual([0, expect.stringContaining('wrote out/report.html')]);
  });

  it('tells before the command runs that there can be no such folder', async () => {
    write('out', '');
    const { code, out, err } = await exec('echo ran');
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(/^mock-veridas: --report: EEXIST/)]);
  });

  it('leaves no report of an earlier run behind where the command cannot be run', async () => {
    mkdirSync(path.join(cwd(), 'out'));
    writeFileSync(path.join(cwd(), 'out/report.html'), 'old');
    writeFileSync(path.join(cwd(), 'out/notes.txt'), 'mine');
    expect((await done(['exec', '--report', 'out', '--', 'no-such-program'])).code).toBe(2);
    expect(existsSync(path.join(cwd(), 'out/report.html'))).toBe(false);
    expect(written('notes.txt', 'out')).toBe('mine');
  });

  it('tells when there can be no report in the end: with 3, or the code of the command', async () => {
    const spoil = 'rm -r out; touch out';
    const spoilt = await exec(spoil);
    expect([spoilt.code, spoilt.err]).toEqual([3, expect.stringContaining('mock-veridas: --report: EEXIST')]);
    // The file of the first run is in the way of the second.
    rmSync(path.join(cwd(), 'out'));
    expect((await exec(`${spoil}; exit 7`)).code).toBe(7);
  });

  it('works as it is installed, without the packages that it is made with', async () => {
    const installed = path.join(cwd(), 'node_modules/mock-veridas');
    for (const name of ['dist', 'fixtures', 'package.json'])
      cpSync(path.join(import.meta.dirname, '../..', name), path.join(installed, name), { recursive: true });
    const command = [process.execPath, path.join(installed, 'dist/mock-veridas.cjs')];
    expect((await done(['exec', '--report', 'out', '--', 'true'], {}, command)).code).toBe(0);
    expect(written('report.html', 'out')).toContain('No call was opened.');
  });

  it('is set by the environment and the config file too', async () => {
    await done(['exec', '--', 'true'], { MOCK_VERIDAS_REPORT: 'from-env' });
    expect(written('report.html', 'from-env')).toContain('<!doctype html>');
    write('mock-veridas.config.yaml', 'report: from-file');
    await done(['exec', '--', 'true']);
    expect(written('report.html', 'from-file')).toContain('<!doctype html>');
  });
});

describe.skipIf(noXmllint)(`the schemas${noXmllint ? ` (${noXmllint})` : ''}`, () => {
  it('are seen to hold: what breaks them is found', async () => {
    write('bad.xml', '<testsuites><testsuite name="x" tests="many"/></testsuites>');
    const file = path.join(cwd(), 'bad.xml');
    expect(await findXmlProblems('junit.xsd', file)).toContain('many');
    write('worse.xml', '<testsuites><testsuit/></testsuites>');
    expect(await findXmlProblems('junit-4.xsd', path.join(cwd(), 'worse.xml'))).toContain('testsuit');
  });
});
