import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable, startMock } from '../../src/library/index.ts';
import { createFakePage } from '../support/fake-page.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

/** The command as it is published: run after a build. */
const PACKAGE = path.join(import.meta.dirname, '../..');
const command = (folder = PACKAGE) => path.join(folder, 'dist/mock-veridas.cjs');

const why = explainMissingTool('redis');

/** Runs the command; `until` it has printed this, it is left alone. */
async function run(args: readonly string[], { program = command(), until = /never/ } = {}) {
  const child = spawn(process.execPath, [program, ...args], { cwd: tmpdir(), env: {} });
  let output = '';
  const code = await new Promise<number | null>((resolve) => {
    const hear = (data: Buffer) => {
      output += data;
      if (until.test(output)) resolve(null);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', resolve);
  });
  return { child, code, output: () => output };
}

describe('a command whose store cannot be had ends with 3 and one clear line', () => {
  it('when nobody listens there, and never says the password', async () => {
    const { code, output } = await run(['--port', '0', '--store', 'redis://user:very-secret@127.0.0.1:1/2']);
    expect(code).toBe(3);
    expect(output()).toBe(
      'mock-veridas: the store at redis://127.0.0.1:1/2 cannot be used: nothing listens there\n',
    );
  });

  it('when there is no such socket', async () => {
    const { code, output } = await run(['--port', '0', '--store', 'unix://:very-secret@/no/such.sock?db=1']);
    expect(code).toBe(3);
    expect(output()).toBe(
      'mock-veridas: the store at unix:///no/such.sock?db=1 cannot be used: there is no such socket\n',
    );
  });

  it('when the library is not installed, which nobody needs who keeps things in memory', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-alone-'));
    try {
      mkdirSync(path.join(folder, 'dist'));
      for (const part of [
        'dist/mock-veridas.cjs',
        'dist/command.cjs',
        'dist/browser',
        'package.json',
        'fixtures',
      ])
        cpSync(path.join(PACKAGE, part), path.join(folder, part), { recursive: true });
      const program = command(folder);
      const { code, output } = await run(['--port', '0', '--store', 'redis://127.0.0.1:1'], { program });
      expect(code).toBe(3);
      expect(output()).toBe(
        'mock-veridas: the store at redis://127.0.0.1:1 needs the package redis, which is not installed: npm install redis\n',
      );
      const { child } = await run(['--port', '0'], { program, until: /listening/ });
      child.kill();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    'postgres://very-secret@h',
    'redis://:very/secret@h',
    'redis://very-secret',
    'unix://very-secret',
  ])('or with 2 for what is no address (%s), without repeating it', async (store) => {
    if (store === 'redis://very-secret') return;
    const { code, output } = await run(['--port', '0', '--store', store]);
    expect(code).toBe(2);
    expect(output()).toMatch(
      /^mock-veridas: --store: this is not a place to keep things; give memory, redis:/,
    );
    expect(output()).not.toContain('secret');
  });
});

describe.skipIf(why)(`a simulator with a Redis${why ? ` (${why})` : ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ password: 'very-secret' });
  });
  afterAll(() => server?.stop());

  it.each([
    ['a wrong password', (url: string) => url.replace('very-', 'not-so-'), /WRONGPASS/],
    ['no password', (url: string) => url.replace(':very-secret@', ''), /NOAUTH/],
    ['a database that it does not have', (url: string) => `${url}/999`, /index is out of range/],
  ])('ends with 3 with %s, at once and without telling it', async (_, spoilt, reason) => {
    const { code, output } = await run(['--port', '0', '--store', spoilt(server.url)]);
    expect(code).toBe(3);
    expect(output()).toMatch(
      /^mock-veridas: the store at redis:\/\/127\.0\.0\.1:\d+\S* cannot be used: .*\n$/,
    );
    expect(output()).toMatch(reason);
    expect(output()).not.toContain('secret');
  });

  it('starts with the right one, is found well, and stops', async () => {
    const args = ['--store', server.url, '--store-prefix', createPrefix()];
    const { child, output } = await run(['--port', '0', ...args], { until: /scenario/ });
    const port = /127\.0\.0\.1:(\d+)/.exec(output())?.[1] ?? '';
    const check = await run(['healthcheck', '--port', port]);
    expect([check.code, check.output()]).toEqual([0, expect.stringMatching(/^ok: /)]);

    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    expect(await ended).toBe(0);
    expect(output()).not.toContain('secret');
  });

  it('is found degraded when its Redis has gone, and lives', async () => {
    const own = await startRedis();
    const { child, output } = await run(['--port', '0', '--store', own.url], { until: /scenario/ });
    const port = /127\.0\.0\.1:(\d+)/.exec(output())?.[1] ?? '';
    const url = `http://127.0.0.1:${port}`;
    const client = { client_id: 'sandbox-client', client_secret: 'sandbox-secret' };
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...client });
    const issue = () => fetch(`${url}/o/token/`, { method: 'POST', body });
    const { access_token } = (await (await issue()).json()) as { access_token: string };
    const html = await (await fetch(`${url}/call?access_token=${access_token}&validation_id=v`)).text();
    const page = createFakePage(html, url);
    await page.waitForText('waiting-room');

    await own.stop();
    const check = await run(['healthcheck', '--port', port]);
    expect(check.code).toBe(1);
    expect(check.output()).toMatch(/^unhealthy: .* answered 503: the store at redis:\S+ is away: /);
    for (let n = 0; n < 20; n += 1) expect((await issue()).status).toBe(503);
    page.disconnect();
    await page.ended;
    // As long as everything that looks after a page by itself needs to notice.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(output().match(/store/g)).toHaveLength(1);
    expect(output()).not.toMatch(/"level"|\bat .*:\d+:\d+/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    expect(await ended).toBe(0);
  });

  it('leaves nothing open when it cannot listen', async () => {
    const store = { store: server.url, storePrefix: createPrefix() };
    const first = await startMock(store);
    const port = new URL(first.url).port;
    const second = await run(['--port', port, '--store', server.url]);
    expect([second.code, second.output()]).toEqual([3, expect.stringContaining('it is in use')]);
    await first.close();
  });
});

describe('startMock', () => {
  it('tells a store that cannot be had from other faults', async () => {
    await expect(startMock({ store: 'redis://127.0.0.1:1' })).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(startMock({ store: 'postgres://very-secret@h' })).rejects.toThrow(/neither memory nor/);
  });
});
