import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type Containers, IMAGE, PASSWORD, ROOT, SANDBOX, TEST_MS } from './containers.ts';

/** The size of the image on x64, whose Node is pinned in engine.sh. */
const SIZE_MB = 144;
/** The health check once failed after five seconds. */
const SLOW_CHECK_MS = 5_000;
/** How long an engine waits between SIGTERM and SIGKILL. */
const GRACE_MS = 10_000;
const GUIDE = path.join(ROOT, 'test/process/guide-curl.sh');
const CODES = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];

interface HealthLog {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
}

/** Tests of the image by itself. */
export function describeImage(containers: Containers): void {
  const { addNeighbour, docker, inspect, playCall, run, runNearby, start, statusOf, stop } = containers;
  const getAddress = (name: string, kind = 'IPAddress') =>
    inspect(`{{.NetworkSettings.Networks.bridge.${kind}}}`, name);
  const readAuthority = async (name: string, port = 4010) =>
    (await run(['curl', '--silent', '--fail', `http://${await getAddress(name)}:${port}/__admin/ca.pem`]))
      .output;
  const listLayers = (image: string) =>
    docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image).then(JSON.parse);

  it('has no root user, no npm, and labels, and does not grow', async () => {
    const [{ Size, Config }] = JSON.parse(await docker('image', 'inspect', IMAGE));
    expect(Config.User).toBe('1000:1000');
    expect(Config.Labels).toMatchObject({ 'org.opencontainers.image.title': 'mock-veridas' });
    expect(Size / 1e6).toBeLessThan(SIZE_MB * 1.1);
    expect((await listLayers(IMAGE)).length).toBeLessThanOrEqual(2);
    const look = ['run', '--rm', '--entrypoint', 'sh', IMAGE, '-c', 'command -v npm || echo no npm'];
    expect(await docker(...look)).toBe('no npm');
  });

  it(
    'has the same layers when the same files are built again, and an edit of other files installs nothing',
    async () => {
      const ignored = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8').split('\n');
      const copy = path.join(containers.folder(), 'copy');
      for (const name of readdirSync(ROOT).filter((one) => !ignored.includes(one)))
        cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
      cpSync(path.join(ROOT, 'Dockerfile'), path.join(copy, 'Dockerfile'));
      writeFileSync(path.join(copy, 'biome.json'), '{}');
      const log = await docker('build', '--progress', 'plain', '--tag', 'again', copy);
      const isCached = (step: string) => {
        const [, number] = new RegExp(`^#(\\d+) \\[.*\\] RUN ${step}`, 'm').exec(log) ?? [];
        return log.includes(`#${number} CACHED`);
      };
      expect([isCached('npm ci'), isCached('npm pack')]).toEqual([true, false]);
      expect(await listLayers('again')).toEqual(await listLayers(IMAGE));
    },
    TEST_MS,
  );

  it(
    'serves any user on a read-only root with 128 MB, on IPv4 and IPv6, to this machine and to its neighbours',
    async () => {
      const limits = ['--user', '12345', '--memory', '128m', '--publish', '127.0.0.1:4100:4010'];
      await start('hardened', [...limits, '--env', `MOCK_VERIDAS_ADMIN_PASSWORD=${PASSWORD}`]);
      await addNeighbour('hardened');

      const url = 'http://127.0.0.1:4100';
      const [host, nearby] = [
        [GUIDE, url, ...SANDBOX],
        [GUIDE, 'http://videocall:4010', ...SANDBOX],
      ];
      for (const { output } of [await run(host), await runNearby(nearby)])
        expect(output.split('\n').map((line) => line.split('\t')[1])).toEqual(Array(8).fill('200'));

      expect(await statusOf(`${url}/__admin/clients`)).toBe('401');
      expect(await statusOf('--user', `admin:${PASSWORD}`, `${url}/__admin/clients`)).toBe('200');
      const ipv6 = await getAddress('hardened', 'GlobalIPv6Address');
      expect(ipv6).not.toBe('');
      expect(await statusOf(`http://[${ipv6}]:4010/__admin/health`)).toBe('200');

      const played = await playCall({ url, browserUrl: 'http://videocall.localhost:4100' }, 'host');
      expect(played).toEqual({ accepted: CODES, origins: Array(3).fill('http://videocall.localhost:4100') });

      // A neighbour's 127.0.0.1 is not the simulator.
      const name = 'http://videocall:4010';
      const foreign = { url: name, browserUrl: name, scenario: 'foreign-origin-event' };
      expect(await playCall(foreign, 'nearby')).toEqual({
        accepted: CODES,
        origins: [name, 'null', name, name],
      });

      expect(await inspect('{{.State.OOMKilled}} {{.RestartCount}}', 'hardened')).toBe('false 0');
      await stop('hardened');
    },
    TEST_MS,
  );

  it(
    'stays healthy with 96 MB while a check takes more than five seconds',
    async () => {
      await start('busy', ['--memory', '96m']);
      await docker('update', '--cpus', '0.03', 'busy');
      const hasSlowCheck = async () => {
        const log: HealthLog[] = JSON.parse(await inspect('{{json .State.Health.Log}}', 'busy'));
        return log.some(
          ({ Start, End, ExitCode }) => ExitCode === 0 && Date.parse(End) - Date.parse(Start) > SLOW_CHECK_MS,
        );
      };
      await expect.poll(hasSlowCheck, { timeout: TEST_MS, interval: 1_000 }).toBe(true);
      expect(await inspect('{{.State.Health.Status}} {{.State.OOMKilled}}', 'busy')).toBe('healthy false');
      await docker('rm', '--force', '--volumes', 'busy');
    },
    TEST_MS,
  );

  it(
    'stops on SIGTERM long before an engine would kill it, and logs JSON on request',
    async () => {
      await docker(
        'run',
        '--detach',
        '--init',
        '--name',
        'idle',
        'debian:bookworm-slim',
        'sleep',
        'infinity',
      );
      const idle = await stop('idle');
      for (const flags of [[], ['--init']]) {
        await start('stopped', [...flags, '--env', 'MOCK_VERIDAS_LOG_FORMAT=json']);
        const wait = docker('wait', 'stopped');
        const lines = (await docker('logs', 'stopped')).split('\n');
        expect(await stop('stopped')).toBeLessThan(idle + GRACE_MS / 2);
        expect(await wait).toBe('0');
        for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object');
      }
    },
    TEST_MS,
  );

  it(
    'is healthy with a port given as a flag, and hands out its authority with --https',
    async () => {
      await start('tls', [], ['start', '--port', '5000', '--https']);
      const address = await getAddress('tls');
      const ca = path.join(containers.folder(), 'ca.pem');
      await run(['curl', '--silent', '--output', ca, `http://${address}:5000/__admin/ca.pem`]);
      const resolve = ['--resolve', `videocall:5000:${address}`];
      expect(await statusOf('--cacert', ca, ...resolve, 'https://videocall:5000/__admin/health')).toBe('200');
      const log = await docker('logs', 'tls');
      expect(log).toContain('/__admin/ca.pem');
      expect(log).toMatch(/the certificate cannot be stored.*EROFS/);
      await stop('tls');
    },
    TEST_MS,
  );

  it(
    'keeps the authority of --https in a volume for any user, and lets others read it',
    async () => {
      const read = async (name: string) => {
        await start(name, ['--user', '12345', '--volume', 'authority:/home/node/.mock-veridas'], ['--https']);
        const authority = await readAuthority(name);
        await stop(name);
        return authority;
      };
      const first = await read('kept-one');
      expect(first).toContain('BEGIN CERTIFICATE');
      expect(await read('kept-two')).toBe(first);
      const other = [
        'run',
        '--rm',
        '--user',
        '54321',
        '--volume',
        'authority:/authority',
        'debian:bookworm-slim',
      ];
      expect(await docker(...other, 'cat', '/authority/localhost/ca.pem')).toBe(first);
    },
    TEST_MS,
  );
}
