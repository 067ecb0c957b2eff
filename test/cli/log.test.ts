import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

const linesOf = (text: string) => text.split('\n').slice(0, -1);
const objects = (text: string) => linesOf(text).map((line) => JSON.parse(line));

/** Starts a simulator with these flags. */
async function startSimulator(...flags: string[]) {
  const process_ = run(['--port', '0', ...flags]);
  const isJson = flags.includes('json');
  if (isJson) await expect.poll(process_.output).toContain('\n');
  const url: string = isJson ? objects(process_.output())[0].url : await process_.ready;
  const stop = async () => {
    process_.child.kill('SIGTERM');
    expect(await process_.exited).toBe(0);
  };
  return { ...process_, url, d: driveAt({ url, adminUrl: `${url}/__admin` }), stop };
}

const WARNING = /^the host of the frame does not contain "videocall".*at 127\.0\.0\.1:\d+/;

describe('log', () => {
  it('writes each warning once to stderr and leaves stdout unchanged', async () => {
    const { d, stop, errors, output, url } = await startSimulator();
    await d.open(await d.token(), 'val-1');
    await d.open(await d.token(), 'val-2');
    await stop();
    const [line = '', ...more] = linesOf(errors());
    expect(more).toEqual([]);
    expect(line).toMatch(/^mock-veridas: warn: /);
    expect(line.replace('mock-veridas: warn: ', '')).toMatch(WARNING);
    expect(linesOf(output())).toHaveLength(8);
    expect(output()).toContain(`  demo      ${url.replace('127.0.0.1', 'localhost')}/__demo\n`);
  });

  it.each(['silent', 'error'])('omits warnings but not the ready line at level %s', async (level) => {
    const { d, stop, errors, output, url } = await startSimulator('--log-level', level);
    await d.open(await d.token(), 'val-1');
    await stop();
    expect([errors(), linesOf(output())[0]]).toEqual(['', `mock-veridas listening on ${url}`]);
  });

  it('logs start, stop and every request without secrets at level info', async () => {
    const { d, stop, errors, url } = await startSimulator('--log-level', 'info');
    await d.open('secret-token', 'val-1');
    await fetch(`${url}/nothing/here?access_token=secret-token`);
    await fetch(`${url}/__admin/nothing?access_token=secret-token`);
    await fetch(`${url}/o/token/?client_secret=secret-token`, { method: 'POST' });
    await stop();
    expect(linesOf(errors())).toEqual([
      `mock-veridas: info: listening on ${url}`,
      expect.stringMatching(/^mock-veridas: info: GET \/call 403 - this access token was never issued/),
      expect.stringMatching(/^mock-veridas: warn: GET \/call was refused with 403/),
      'mock-veridas: info: GET /nothing/here 404 - the service has no such path',
      expect.stringMatching(/^mock-veridas: warn: GET \/nothing\/here was refused with 404/),
      expect.stringMatching(
        /^mock-veridas: info: POST \/o\/token\/ 500 - a query string makes the token endpoint fail with 500/,
      ),
      expect.stringMatching(/^mock-veridas: warn: POST \/o\/token\/ was refused with 500/),
      'mock-veridas: info: stopped',
    ]);
    expect(errors()).not.toContain('secret-token');
  });

  it('exits with 2 for an unknown log level', async () => {
    const { exited, errors } = run(['--log-level', 'loud']);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(/--log-level: "loud" is not a log level; give one of silent, error, warn, info/);
  });
});

describe('log as JSON', () => {
  it('writes one JSON object per line with the level as a name', async () => {
    const { d, stop, errors } = await startSimulator('--log-format', 'json', '--log-level', 'info');
    await d.open(await d.token(), 'val-1');
    await stop();
    expect(objects(errors())).toEqual([
      { level: 'info', time: expect.any(Number), msg: expect.stringMatching(/^listening on http/) },
      expect.objectContaining({
        level: 'info',
        method: 'POST',
        path: '/o/token/',
        status: 200,
        client_id: 'sandbox-client',
      }),
      expect.objectContaining({ path: '/call', msg: 'GET /call 200 sandbox-client' }),
      expect.objectContaining({ level: 'warn', path: '/call', msg: expect.stringMatching(WARNING) }),
      { level: 'info', time: expect.any(Number), msg: 'stopped' },
    ]);
  });

  it('writes the ready message as one line of JSON even at level silent', async () => {
    const { stop, output, errors, url } = await startSimulator(
      '--log-format',
      'json',
      '--log-level',
      'silent',
    );
    await stop();
    expect(objects(output())).toEqual([
      {
        level: 'info',
        msg: `mock-veridas listening on ${url}`,
        url,
        browserUrl: url.replace('127.0.0.1', 'videocall.localhost'),
        adminUrl: `${url}/__admin`,
        demoUrl: `${url.replace('127.0.0.1', 'localhost')}/__demo`,
        consoleUrl: `${url}/__console`,
      },
    ]);
    expect(errors()).toBe('');
  });

  it('logs the generated admin password, which the control API accepts', async () => {
    const { stop, output } = await startSimulator('--log-format', 'json', '--host', '0.0.0.0');
    const [{ adminUrl, adminUser, adminPassword }, ...more] = objects(output());
    expect(more).toEqual([]);
    const authorization = `Basic ${Buffer.from(`${adminUser}:${adminPassword}`).toString('base64')}`;
    expect((await fetch(`${adminUrl}/clients`)).status).toBe(401);
    expect((await fetch(`${adminUrl}/clients`, { headers: { authorization } })).status).toBe(200);
    await stop();
  });

  it('does not log a given admin password', async () => {
    const flags = ['--log-format', 'json', '--host', '0.0.0.0', '--admin-password', 'given'];
    const { stop, output, errors } = await startSimulator(...flags);
    await stop();
    expect(output() + errors()).not.toContain('given');
  });

  it('writes the JSON log of exec to stderr and leaves stdout to the command', async () => {
    const { exited, output, errors } = run([
      'exec',
      '--log-format',
      'json',
      '--log-level',
      'info',
      '--host',
      '0.0.0.0',
      '--',
      'echo',
      'ran',
    ]);
    expect([await exited, output()]).toEqual([0, 'ran\n']);
    expect(objects(errors())).toEqual([
      expect.objectContaining({ level: 'info' }),
      { level: 'warn', msg: expect.stringMatching(/credentials are admin:\w+$/) },
      expect.objectContaining({ level: 'info', msg: expect.stringMatching(/^coverage 0 of /) }),
      expect.objectContaining({ level: 'info', msg: 'stopped' }),
    ]);
  });
});

describe('internal failure', () => {
  /** Returns the log of a simulator that is embedded in another program and whose store fails. */
  async function captureLog(options: string): Promise<string> {
    const library = pathToFileURL(path.join(import.meta.dirname, '../../dist/index.js')).href;
    write(
      'program.mjs',
      `import { newMemoryStore, startMock } from '${library}';`,
      'const store = newMemoryStore();',
      `const mock = await startMock({ ...${options}, store });`,
      "store.read = async () => { throw new TypeError('the disk is full'); };",
      "const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox-client' });",
      "console.log((await fetch(mock.url + '/o/token/', { method: 'POST', body })).status);",
      'process.exit();',
    );
    const { exited, output, errors } = run([], {}, [process.execPath, 'program.mjs']);
    await exited;
    expect(output()).toBe('500\n');
    return errors();
  }

  it('logs an internal failure with its stack', async () => {
    expect(await captureLog('{}')).toMatch(
      /^mock-veridas: error: failure \w{12}: TypeError: the disk is full\n {4}at .*program\.mjs/,
    );
  });

  it('logs an internal failure as one line of JSON', async () => {
    const [entry, ...more] = objects(await captureLog("{ logFormat: 'json' }"));
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      level: 'error',
      msg: 'the disk is full',
      failure: expect.stringMatching(/^\w{12}$/),
      err: { type: 'TypeError', stack: expect.stringContaining('program.mjs') },
    });
  });

  it('does not log an internal failure at level silent', async () => {
    expect(await captureLog("{ logLevel: 'silent' }")).toBe('');
  });
});
