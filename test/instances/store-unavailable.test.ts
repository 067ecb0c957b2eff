import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** How long a request may wait for a store that does not answer: a second on a machine with nothing else to do. */
const LIMIT_MS = 8_000;

describe.skipIf(why)(`when its Redis goes away${why ? ` (${why})` : ''}, a simulator`, () => {
  let server: RedisServer;
  let d: Drive;
  let lines: string[];
  const start = async (keeps = true) => {
    server = await startRedis({ keeps, password: 'very-secret' });
    lines = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      if (String(text).includes('store')) lines.push(String(text).trim());
      return true;
    });
    d = await openDrive({
      store: server.url,
      storePrefix: createPrefix(),
      scenario: 'manual',
      logLevel: 'warn',
    });
  };
  afterEach(async () => {
    vi.restoreAllMocks();
    await d?.mock.close();
    await server?.stop();
  });

  /** What comes of a request, and how soon. */
  async function timed<T>(request: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const answer = await request();
    expect(performance.now() - begun).toBeLessThan(LIMIT_MS);
    return answer;
  }
  const health = () => d.admin('GET', '/health');
  const isBack = () => expect.poll(async () => (await health()).status).toBe(200);

  describe.each([
    ['has been killed', 'SIGKILL'],
    ['stands still', 'SIGSTOP'],
  ] as const)('that %s,', (_, signal) => {
    beforeEach(() => start());
    const bringBack = () => (signal === 'SIGKILL' ? server.restart() : server.signal('SIGCONT'));

    it('is told to a console, and soon that it is over', async () => {
      const leaving = new AbortController();
      const answer = await fetch(`${d.mock.url}/__console/stream`, { signal: leaving.signal });
      let told = '';
      const reading = (async () => {
        for await (const chunk of answer.body ?? []) told += Buffer.from(chunk).toString();
      })().catch(() => {});
      await expect.poll(() => told).toContain('event: journal');
      await server.signal(signal);
      await expect.poll(() => told).toMatch(/event: trouble\ndata: .*journal: .* is away/);
      await bringBack();
      await isBack();
      told = '';
      await expect.poll(() => told).toContain('event: journal');
      leaving.abort();
      await reading;
    });

    it('answers each request with 503 in time, says so in its health, and recovers by itself', async () => {
      const token = await d.token();
      await server.signal(signal);

      const refused = await timed(() => d.requestToken());
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await refused.text()).toMatch(
        /^503 Service Unavailable: the store at redis:\/\/127\.0\.0\.1:\d+ is away: .+\n$/,
      );
      expect((await timed(() => d.open(token, 'val-1'))).status).toBe(503);
      const revoked = await timed(() => fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST' }));
      expect(revoked.status).toBe(503);
      expect((await timed(() => fetch(`${d.mock.url}/call/events?ticket=x`))).status).toBe(503);
      const validas = await timed(() => fetch(`${d.mock.url}/validas/v1/validation`, { method: 'POST' }));
      expect(validas.status).toBe(503);
      expect(await timed(() => d.admin('GET', '/calls'))).toEqual({
        status: 503,
        json: {
          error: 'unavailable',
          message: expect.stringContaining(' is away: '),
          hint: expect.any(String),
        },
      });
      expect(await timed(health)).toEqual({
        status: 503,
        json: expect.objectContaining({
          status: 'degraded',
          message: expect.stringContaining('redis://127.0.0.1'),
        }),
      });

      await bringBack();
      await isBack();
      expect((await d.open(token, 'val-1')).state).toBe('waiting-room');
      expect(lines).toEqual([
        expect.stringMatching(/is away: .*answered with 503 until it is back$/),
        expect.stringMatching(/is back$/),
      ]);
      expect(lines.join()).not.toContain('very-secret');
    });

    it('answers many at once in time', async () => {
      await server.signal(signal);
      const answers = await timed(() => Promise.all(Array.from({ length: 50 }, () => d.requestToken())));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      if (signal === 'SIGSTOP') await server.signal('SIGCONT');
    });

    it('keeps the stream of a page open, which hears the next event after the recovery', async () => {
      const page = await openFakePage(d, await d.token(), 'val-1');
      await page.waitForText('retry');
      await d.mock.call('val-1').join();
      await page.waitForText('VideocallLoading');
      await server.signal(signal);
      await timed(() => d.requestToken());
      // Long enough for every timer that looks after the page to have failed.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await bringBack();
      await isBack();
      await d.mock.call('val-1').start();
      await page.waitForText('VideocallInitiated');
      expect(page.getReceived().match(/retry/g)).toHaveLength(1);
      page.disconnect();
    });

    it('hears the hints of others again', async () => {
      await server.signal(signal);
      await timed(health);
      await bringBack();
      await isBack();
      // Without timers nothing looks again by itself.
      vi.useFakeTimers({ toFake: ['setTimeout'] });
      try {
        const waiting = d.admin('POST', '/wait', { for: { request: { path: '/o/token/' } } });
        await health();
        await d.token();
        expect((await waiting).status).toBe(200);
      } finally {
        vi.useRealTimers();
      }
    });

    it('can be stopped in time', async () => {
      await server.signal(signal);
      await timed(() => d.mock.close());
    });
  });

  it('that has no room left, says so and goes on when it has', async () => {
    await start();
    const token = await d.token();
    const keeper = createClient({ url: server.url });
    await keeper.connect();
    await keeper.configSet('maxmemory', '1');
    const refused = await timed(() => d.requestToken());
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('OOM')]);
    expect((await health()).status).toBe(503);
    await keeper.configSet('maxmemory', '0');
    keeper.destroy();
    await isBack();
    expect((await d.open(token, 'v')).status).toBe(200);
    expect(lines).toHaveLength(2);
  });

  it('that has forgotten everything, lets its configured clients in again', async () => {
    await start(false);
    const old = await d.token();
    await d.createClient({ client_id: 'made' });
    await server.signal('SIGKILL');
    await expect.poll(async () => (await d.requestToken()).status).toBe(503);
    await server.restart();
    let status = 503;
    while (status === 503) ({ status } = await d.requestToken());
    expect(status).toBe(200);
    expect((await d.open(old, 'val-1')).status).toBe(403);
    expect((await d.admin('GET', '/clients')).json.items).toHaveLength(1);
  });
});
