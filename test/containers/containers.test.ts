import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useConsumer } from '../support/consumer.ts';
import { explainMissingTestcontainers, TESTCONTAINERS } from '../support/testcontainers.ts';
import { type Engine, explainMissingEngine, startEngine } from './engine.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const IMAGE = 'mock-veridas';
const RECIPE_IMAGE = 'registry.example.com/mock-veridas:0.1.0';
const SANDBOX = ['sandbox-client', 'sandbox-secret'] as const;
const PASSWORD = 'only-for-tests';
/** The size of the image on x64, whose Node is pinned in engine.sh. */
const SIZE_MB = 143;
/** Starting the engine and building the image take minutes on a busy machine. */
const SETUP_MS = 1_800_000;
const TEST_MS = 600_000;

const missing = await explainMissingEngine();

describe.skipIf(missing)(`the image in a container engine${missing ? ` (${missing})` : ''}`, () => {
  let engine: Engine;
  let folder = '';
  const project = useConsumer(['vitest'], path.join(TESTCONTAINERS, '../..'));
  const docker = (...args: string[]) => engine.must(['docker', ...args]);
  const inspect = (format: string, name: string) => docker('inspect', '--format', format, name);
  const curl = (...args: string[]) => engine.run(['curl', '--silent', '--fail', '--max-time', '60', ...args]);
  const statusOf = async (...args: string[]) =>
    (await engine.run(['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}', ...args]))
      .output;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-containers-'));
    engine = await startEngine();
    await docker('build', '--quiet', '--tag', IMAGE, '--tag', RECIPE_IMAGE, ROOT);
    await docker('network', 'create', 'neighbours');
  }, SETUP_MS);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await engine?.stop();
  }, SETUP_MS);

  /** Starts a container and waits until it is healthy. */
  async function start(name: string, flags: readonly string[], command: readonly string[] = []) {
    await docker('run', '--detach', '--name', name, ...HARDENED, ...flags, IMAGE, ...command);
    const getHealth = () => inspect('{{.State.Health.Status}}', name);
    await expect.poll(getHealth, { timeout: TEST_MS, interval: 200 }).toBe('healthy');
  }
  const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

  /** Stops a container; returns how long that took in milliseconds. */
  async function stop(name: string): Promise<number> {
    const from = Date.now();
    await docker('stop', name);
    const took = Date.now() - from;
    expect(await inspect('{{.State.ExitCode}}', name)).toBe('0');
    await docker('rm', '--volumes', name);
    return took;
  }

  it('has no root user, no npm, and labels, and does not grow', async () => {
    const [{ Size, Config, RootFS }] = JSON.parse(await docker('image', 'inspect', IMAGE));
    expect(Config.User).toBe('1000:1000');
    expect(Config.Labels).toMatchObject({ 'org.opencontainers.image.title': 'mock-veridas' });
    expect(Size / 1e6).toBeLessThan(SIZE_MB * 1.1);
    expect(RootFS.Layers.length).toBeLessThanOrEqual(2);
    const look = ['run', '--rm', '--entrypoint', 'sh', IMAGE, '-c', 'command -v npm || echo no npm'];
    expect(await docker(...look)).toBe('no npm');
  });

  it(
    'serves any user on a read-only root with 128 MB, on IPv4 and IPv6, and stops on SIGTERM',
    async () => {
      const limits = ['--user', '12345', '--memory', '128m', '--publish', '127.0.0.1:4100:4010'];
      const setup = ['--env', `MOCK_VERIDAS_ADMIN_PASSWORD=${PASSWORD}`];
      await start('hardened', [...limits, ...setup]);
      await docker('network', 'connect', '--alias', 'videocall', 'neighbours', 'hardened');

      const url = 'http://127.0.0.1:4100';
      const guide = await engine.must([path.join(ROOT, 'test/process/guide-curl.sh'), url, ...SANDBOX]);
      expect(guide.split('\n').map((line) => line.split('\t')[1])).toEqual(Array(8).fill('200'));

      const ask = `const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: '${SANDBOX[0]}', client_secret: '${SANDBOX[1]}' });
      console.log((await fetch('http://videocall:4010/o/token/', { method: 'POST', body })).status);`;
      const neighbour = ['run', '--rm', '--network', 'neighbours', 'node:22-bookworm-slim', 'node'];
      expect(await docker(...neighbour, '--input-type=module', '--eval', ask)).toBe('200');

      expect(await statusOf(`${url}/__admin/clients`)).toBe('401');
      expect(await statusOf('--user', `admin:${PASSWORD}`, `${url}/__admin/clients`)).toBe('200');

      const ipv6 = await inspect('{{.NetworkSettings.Networks.bridge.GlobalIPv6Address}}', 'hardened');
      expect(ipv6).not.toBe('');
      expect((await curl(`http://[${ipv6}]:4010/__admin/health`)).output).toContain('"status":"ok"');

      // An open stream must not hold the stop up, and the engine kills what has not ended after ten seconds.
      expect(await stop('hardened')).toBeLessThan(9_000);
    },
    TEST_MS,
  );

  it(
    'stops on SIGTERM under an init process as well',
    async () => {
      await start('init', ['--init']);
      expect(await stop('init')).toBeLessThan(9_000);
    },
    TEST_MS,
  );

  it(
    'is healthy with a port given as a flag, and hands out its authority with --https',
    async () => {
      await start('tls', [], ['start', '--port', '5000', '--https']);
      const address = await inspect('{{.NetworkSettings.Networks.bridge.IPAddress}}', 'tls');
      const ca = path.join(folder, 'ca.pem');
      await engine.must([
        'curl',
        '--silent',
        '--fail',
        '--output',
        ca,
        `http://${address}:5000/__admin/ca.pem`,
      ]);
      const secure = await curl(
        ...[
          '--cacert',
          ca,
          '--resolve',
          `videocall:5000:${address}`,
          'https://videocall:5000/__admin/health',
        ],
      );
      expect(secure.output).toContain('"status":"ok"');
      expect(await docker('logs', 'tls')).toContain('/__admin/ca.pem');
      expect(await docker('logs', 'tls')).toMatch(/the certificate cannot be stored.*EROFS/);
      await stop('tls');
    },
    TEST_MS,
  );

  it(
    'keeps the authority of --https in a volume for any user',
    async () => {
      const read = async (name: string) => {
        await start(name, ['--user', '12345', '--volume', 'authority:/home/node/.mock-veridas'], ['--https']);
        const address = await inspect('{{.NetworkSettings.Networks.bridge.IPAddress}}', name);
        const { output } = await curl(`http://${address}:4010/__admin/ca.pem`);
        await stop(name);
        return output;
      };
      const first = await read('kept-one');
      expect(first).toContain('BEGIN CERTIFICATE');
      expect(await read('kept-two')).toBe(first);
    },
    TEST_MS,
  );

  describe('docker-compose.yml', () => {
    const compose = (...args: string[]) =>
      engine.must(['docker-compose', '--project-name', 'mv', '--profile', 'redis', ...args], { cwd: ROOT });
    const url = 'http://127.0.0.1:4011';
    const admin = (target: string, ...args: string[]) =>
      curl('--user', `admin:${PASSWORD}`, ...args, `${url}/__admin${target}`);
    const act = (action: string) =>
      admin('/calls/manual~c1/agent', '--json', JSON.stringify({ action })).then(({ code }) => code);

    it(
      'completes a call with the Redis profile when one instance is killed in its middle',
      async () => {
        await compose('up', '--detach', '--no-build');
        const getHealth = async () => (await curl(`${url}/__admin/health`)).code;
        await expect.poll(getHealth, { timeout: TEST_MS }).toBe(0);
        const token = await curl(
          '--user',
          SANDBOX.join(':'),
          '--data',
          'grant_type=client_credentials',
          `${url}/o/token/`,
        );
        const { access_token: accessToken } = JSON.parse(token.output);
        expect(await statusOf(`${url}/call?access_token=${accessToken}&validation_id=manual~c1`)).toBe('200');
        expect(await act('join')).toBe(0);
        await docker('kill', 'mv_simulator-one_1');
        expect([await act('start'), await act('end')]).toEqual([0, 0]);
        expect(JSON.parse((await admin('/calls/manual~c1')).output)).toMatchObject({ state: 'ended' });

        // A probe of liveness may only ask whether the port is open: the store comes back without a restart.
        await compose('stop', 'redis');
        await expect.poll(() => statusOf(`${url}/__admin/health`), { timeout: TEST_MS }).toBe('503');
        await compose('start', 'redis');
        await expect.poll(() => statusOf(`${url}/__admin/health`), { timeout: TEST_MS }).toBe('200');
        expect(JSON.parse((await admin('/calls/manual~c1')).output)).toMatchObject({ state: 'ended' });
        await compose('down', '--volumes');
      },
      TEST_MS,
    );
  });

  it(
    'runs the Compose recipe',
    async () => {
      for (const name of ['package.json', 'shop.mjs', 'shop.test.mjs'])
        project.write(name, readFileSync(path.join(ROOT, 'recipes/shop', name), 'utf8'));
      project.write(
        'docker-compose.yml',
        readFileSync(path.join(ROOT, 'recipes/compose/docker-compose.yml'), 'utf8'),
      );
      project.write('Dockerfile', 'FROM node:22-bookworm-slim\nWORKDIR /shop\nCOPY . .\n');
      const up = ['docker-compose', 'up', '--build', '--exit-code-from', 'tests'];
      const { code, output } = await engine.run(up, { cwd: project.folder() });
      await engine.must(['docker-compose', 'down'], { cwd: project.folder() });
      expect(code, output).toBe(0);
    },
    TEST_MS,
  );

  const noTestcontainers = explainMissingTestcontainers();
  it.skipIf(noTestcontainers)(
    `runs the Testcontainers recipe${noTestcontainers ? ` (${noTestcontainers})` : ''}`,
    async () => {
      writeFileSync(
        path.join(project.folder(), 'videocall.test.ts'),
        readFileSync(path.join(ROOT, 'recipes/testcontainers/videocall.test.ts')),
      );
      const command = [process.execPath, project.tool('vitest/vitest.mjs'), 'run', 'videocall.test.ts'];
      // Its reaper is an image of a registry.
      const env = { TESTCONTAINERS_RYUK_DISABLED: 'true', NO_COLOR: '1' };
      const { code, output } = await engine.run(command, { cwd: project.folder(), env });
      expect(output).toMatch(/Tests +1 passed/);
      expect(code).toBe(0);
    },
    TEST_MS,
  );
});
