import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable, startMock } from '../../src/library/index.ts';
import { createFakePage } from '../support/fake-page.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { command as sendCommand } from '../support/sentinel.ts';
import { explainMissingTool } from '../support/tools.ts';

/** The published command; it needs a build. */
const PACKAGE = path.join(import.meta.dirname, '../..');
const command = (folder = PACKAGE) => path.join(folder, 'dist/mock-veridas.cjs');

const why = explainMissingTool('redis');

/** Runs the command until it exits or its output matches `until`. */
const run = (args: readonly string[], { program = command(), until = /never/ } = {}) =>
  runNode([program, ...args], until);

async function runNode(args: readonly string[], until: RegExp) {
  const child = spawn(process.execPath, args, { cwd: tmpdir(), env: {} });
  let output = '';
  const code = await new Promise<number | null>((resolve) => {
    const onData = (data: Buffer) => {
      output += data;
      if (until.test(output)) resolve(null);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('exit', resolve);
  });
  return { child, code, output: () => output };
}

describe('a command whose store is unavailable', () => {
  it('exits with 3 when the store refuses the connection, and hides its password', async () => {
    const { code, output } = await run(['--port', '0', '--store', 'redis://user:very-secret@127.0.0.1:1/2']);
    expect(code).toBe(3);
    expect(output()).toBe(
      'mock-veridas: the store at redis://127.0.0.1:1/2 cannot be used: connection refused\n',
    );
  });

  it('exits with 3 when the Unix socket of the store does not exist', async () => {
    const { code, output } = await run(['--port', '0', '--store', 'unix://:very-secret@/no/such.sock?db=1']);
    expect(code).toBe(3);
    expect(output()).toBe(
      'mock-veridas: the store at unix:///no/such.sock?db=1 cannot be used: the socket does not exist\n',
    );
  });

  it('exits with 3 when the package redis is not installed, and runs without it in memory', async () => {
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
    'redis://h?ca=very-secret',
    'rediss://h?password=very-secret',
    'rediss://h?ca=very-secret&',
  ])('exits with 2 for the invalid address %s without repeating it', async (store) => {
    if (store === 'redis://very-secret') return;
    const { code, output } = await run(['--port', '0', '--store', store]);
    expect(code).toBe(2);
    expect(output()).toMatch(/^mock-veridas: --store: this is not a store; give memory, redis:/);
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
  ])('exits with 3 at once with %s and never prints the password', async (_, breakUrl, reason) => {
    const { code, output } = await run(['--port', '0', '--store', breakUrl(server.url)]);
    expect(code).toBe(3);
    expect(output()).toMatch(
      /^mock-veridas: the store at redis:\/\/127\.0\.0\.1:\d+\S* cannot be used: .*\n$/,
    );
    expect(output()).toMatch(reason);
    expect(output()).not.toContain('secret');
  });

  it('starts with the right password, passes its health check and stops', async () => {
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

  it('says when it starts that others use the store, and nothing when it is the only one', async () => {
    const args = ['--port', '0', '--store', server.url, '--store-prefix', createPrefix()];
    const first = await run(args, { until: /scenario .*\n/ });
    const second = await run(args, { until: / store .*\n/ });
    first.child.kill();
    second.child.kill();
    expect(first.output()).not.toContain('shared');
    expect(second.output()).toMatch(
      / store {5}the store at redis:\S+ is shared with 1 running instance: .* --store-prefix of its own\n/,
    );
    expect(second.output()).not.toContain('secret@');
  });

  it('fails its health check and keeps running when its Redis is down', async () => {
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
    expect(check.output()).toMatch(/^unhealthy: .* answered 503: the store at redis:\S+ is unavailable: /);
    for (let n = 0; n < 20; n += 1) expect((await issue()).status).toBe(503);
    page.disconnect();
    await page.ended;
    // Long enough for every background timer of the page to notice the outage.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(output().match(/store/g)).toHaveLength(1);
    expect(output()).not.toMatch(/"level"|\bat .*:\d+:\d+/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    expect(await ended).toBe(0);
  });

  it('exits when Redis has its records but no room', async () => {
    const own = await startRedis();
    onTestFinished(own.stop);
    const args = ['--port', '0', '--store', own.url];
    const { child } = await run(args, { until: /scenario/ });
    child.kill();
    await sendCommand(own, 'CONFIG', 'SET', 'maxmemory', '1');
    const { code, output } = await run(args);
    expect([code, output()]).toEqual([
      3,
      expect.stringMatching(/^mock-veridas: the store at \S+ is full: OOM.*\n$/m),
    ]);
  });

  it('leaves no connection when it is closed while it reconnects', async () => {
    const library = path.join(PACKAGE, 'dist/index.js');
    const program = `
      const { startMock } = await import(${JSON.stringify(library)});
      const mock = await startMock({ store: ${JSON.stringify(server.url)}, logLevel: 'warn' });
      console.log('ready');
      process.stdin.once('data', () => mock.close().then(() => process.stdin.destroy()));`;
    const { child, output } = await runNode(['--input-type=module', '--eval', program], /ready/);
    await sendCommand(server, 'CLIENT', 'KILL', 'TYPE', 'NORMAL');
    await expect.poll(output, { interval: 5 }).toMatch(/is unavailable/);
    child.stdin.write('close');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('exits when its port is in use, although it is already connected to Redis', async () => {
    const store = { store: server.url, storePrefix: createPrefix() };
    const first = await startMock(store);
    const port = new URL(first.url).port;
    const second = await run(['--port', port, '--store', server.url]);
    expect([second.code, second.output()]).toEqual([3, expect.stringContaining('the port is in use')]);
    await first.close();
  });
});

describe('startMock', () => {
  it('rejects with StoreUnavailable for an unreachable store, and with another error for an invalid one', async () => {
    await expect(startMock({ store: 'redis://127.0.0.1:1' })).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(startMock({ store: 'postgres://very-secret@h' })).rejects.toThrow(/neither memory nor/);
  });
});
