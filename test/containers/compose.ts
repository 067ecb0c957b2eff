import { expect, it } from 'vitest';
import { type Containers, PASSWORD, POLL_MS, SANDBOX, TEST_MS } from './containers.ts';

const CODES = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];
/** Ten requests are sent a second: the balancer tries a stopped instance once a second. */
const OBSERVED = 40;
/** What a stopped instance may delay a request by. The network once took three seconds to report it. */
const MAX_DELAY_SECONDS = 1.5;

/** Tests of the profiles of docker-compose.yml. */
export function describeCompose({
  compose,
  docker,
  inspect,
  playCall,
  restartEngine,
  run,
  statusOf,
}: Containers): void {
  const hasStatus = (url: string, status: string) =>
    expect
      .poll(() => statusOf(`${url}/__admin/health`), { timeout: TEST_MS, interval: POLL_MS })
      .toBe(status);

  it(
    'completes a call with the profile redis when one instance is killed in its middle',
    async () => {
      const url = 'http://127.0.0.1:4011';
      await compose('redis', 'up', '--detach', '--no-build');
      await hasStatus('http://127.0.0.1:4010', '200');
      await hasStatus(url, '200');

      const browserUrl = 'http://videocall.localhost:4011';
      const interruption = ['docker', 'kill', 'redis_simulator-one_1'] as const;
      expect((await playCall({ url, browserUrl, interruption: [...interruption] }, 'host')).accepted).toEqual(
        CODES,
      );

      const findSlowest = async () => {
        const words = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code} %{time_total}\\n'];
        const { output } = await run([
          'curl',
          ...words,
          '--rate',
          '10/s',
          `${url}/__admin/health#[1-${OBSERVED}]`,
        ]);
        const answers = output.split('\n').map((line) => line.split(' '));
        expect(answers.map(([status]) => status)).toEqual(Array(OBSERVED).fill('200'));
        return Math.max(...answers.map(([, seconds]) => Number(seconds)));
      };
      await expect.poll(findSlowest, { timeout: 120_000 }).toBeLessThan(MAX_DELAY_SECONDS);
      expect(await docker('logs', 'redis_balancer_1')).not.toContain('access_token');

      // Only with the address of the caller, which the balancer passes on.
      const gateway = await docker(
        'network',
        'inspect',
        '--format',
        '{{(index .IPAM.Config 0).Gateway}}',
        'redis_default',
      );
      const client = {
        client_id: 'caller',
        client_secret: 'only-for-tests',
        environment: 'production',
        allowed_ips: [gateway],
      };
      const admin = ['--user', `admin:${PASSWORD}`, `${url}/__admin/clients`];
      expect(await statusOf('--json', JSON.stringify(client), ...admin)).toBe('201');
      const grant = ['--data', 'grant_type=client_credentials', `${url}/o/token/`];
      expect(await statusOf('--user', 'caller:only-for-tests', ...grant)).toBe('200');

      // The store is away: not ready, but alive, so nothing is restarted.
      await compose('redis', 'stop', 'redis');
      await hasStatus(url, '503');
      await compose('redis', 'start', 'redis', 'simulator-one');
      await hasStatus(url, '200');
      expect(await inspect('{{.RestartCount}}', 'redis_simulator-two_1')).toBe('0');

      await restartEngine();
      await hasStatus('http://127.0.0.1:4010', '200');
      await hasStatus(url, '200');
      expect(await statusOf('--user', 'caller:only-for-tests', ...grant)).toBe('200');
      expect(await statusOf('--user', SANDBOX.join(':'), ...grant)).toBe('200');
      await compose('redis', 'down', '--volumes');
    },
    TEST_MS,
  );

  it(
    'completes a call with the profile sentinel when the master is killed in its middle',
    async () => {
      const url = 'http://127.0.0.1:4012';
      await compose('sentinel', 'up', '--detach', '--no-build');
      await hasStatus(url, '200');
      const browserUrl = 'http://videocall.localhost:4012';
      const interruption = ['docker', 'kill', 'sentinel_redis-one_1'] as const;
      expect((await playCall({ url, browserUrl, interruption: [...interruption] }, 'host')).accepted).toEqual(
        CODES,
      );
      await compose('sentinel', 'down', '--volumes');
    },
    TEST_MS,
  );

  it('can start the profile broker as soon as its image is there', async () => {
    expect(await compose('broker', 'config', '--services')).toMatch(/^broker$/m);
  });
}
