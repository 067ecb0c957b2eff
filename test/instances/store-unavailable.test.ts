import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** Maximum wait for a store that does not answer. An idle machine needs a second. */
const MAX_WAIT_MS = 30_000;

describe.skipIf(why)(`a simulator whose Redis becomes unavailable${why ? ` (${why})` : ''}`, () => {
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

  /** Returns the result of a request, which must arrive within the limit. */
  async function withinLimit<T>(request: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const answer = await request();
    expect(performance.now() - begun).toBeLessThan(MAX_WAIT_MS);
    return answer;
  }
  const health = () => d.admin('GET', '/health');
  const waitForRecovery = () => expect.poll(async () => (await health()).status).toBe(200);

  describe.each([
    ['killed', 'SIGKILL'],
    ['frozen', 'SIGSTOP'],
  ] as const)('a Redis that is %s', (_, signal) => {
    beforeEach(() => start());
    const restore = () => (signal === 'SIGKILL' ? server.restart() : server.signal('SIGCONT'));

    it('notifies the console when an outage begins and ends', async () => {
      const leaving = new AbortController();
      const answer = await fetch(`${d.mock.url}/__console/stream`, { signal: leaving.signal });
      let received = '';
      const reading = (async () => {
        for await (const chunk of answer.body ?? []) received += Buffer.from(chunk).toString();
      })().catch(() => {});
      await expect.poll(() => received).toContain('event: journal');
      await server.signal(signal);
      await expect.poll(() => received).toMatch(/event: trouble\ndata: .*journal: .* is unavailable/);
      received = '';
      await restore();
      await waitForRecovery();
      await expect.poll(() => received).toContain('event: journal');
      leaving.abort();
      await reading;
    });

    it('answers all requests and health checks with 503 during an outage, and recovers by itself', async () => {
      const token = await d.token();
      await server.signal(signal);

      const refused = await withinLimit(() => d.requestToken());
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await refused.text()).toMatch(
        /^503 Service Unavailable: the store at redis:\/\/127\.0\.0\.1:\d+ is unavailable: .+\n$/,
      );
      expect((await withinLimit(() => d.open(token, 'val-1'))).status).toBe(503);
      const revoked = await withinLimit(() => fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST' }));
      expect(revoked.status).toBe(503);
      expect((await withinLimit(() => fetch(`${d.mock.url}/call/events?ticket=x`))).status).toBe(503);
      const validas = await withinLimit(() =>
        fetch(`${d.mock.url}/validas/v1/validation`, { method: 'POST' }),
      );
      expect(validas.status).toBe(503);
      expect(await withinLimit(() => d.admin('GET', '/calls'))).toEqual({
        status: 503,
        json: {
          error: 'unavailable',
          message: expect.stringContaining(' is unavailable: '),
          hint: expect.any(String),
        },
      });
      expect(await withinLimit(health)).toEqual({
        status: 503,
        json: expect.objectContaining({
          status: 'degraded',
          message: expect.stringContaining('redis://127.0.0.1'),
        }),
      });

      await restore();
      await waitForRecovery();
      expect((await d.open(token, 'val-1')).state).toBe('waiting-room');
      expect(lines).toEqual([
        expect.stringMatching(/is unavailable: .*answered with 503 until it is available again$/),
        expect.stringMatching(/is available again$/),
      ]);
      expect(lines.join()).not.toContain('very-secret');
    });

    it('answers many concurrent requests in time during an outage', async () => {
      await server.signal(signal);
      const answers = await withinLimit(() =>
        Promise.all(Array.from({ length: 50 }, () => d.requestToken())),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      if (signal === 'SIGSTOP') await server.signal('SIGCONT');
    });

    it('keeps the stream of a page open during an outage and sends the next event after it', async () => {
      const page = await openFakePage(d, await d.token(), 'val-1');
      await page.waitForText('retry');
      await d.mock.call('val-1').join();
      await page.waitForText('VideocallLoading');
      await server.signal(signal);
      await withinLimit(() => d.requestToken());
      // Long enough for every background timer of the page to fail.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await restore();
      await waitForRecovery();
      await d.mock.call('val-1').start();
      await page.waitForText('VideocallInitiated');
      expect(page.getReceived().match(/retry/g)).toHaveLength(1);
      page.disconnect();
    });

    it('receives change notifications again after an outage', async () => {
      await server.signal(signal);
      await withinLimit(health);
      await restore();
      await waitForRecovery();
      // Without timers nothing polls: only a change notification can end the wait.
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

    it('stops in time during an outage', async () => {
      await server.signal(signal);
      await withinLimit(() => d.mock.close());
    });
  });

  it('reports a Redis without free memory and recovers when it has some', async () => {
    await start();
    const token = await d.token();
    const redis = createClient({ url: server.url });
    await redis.connect();
    await redis.configSet('maxmemory', '1');
    const refused = await withinLimit(() => d.requestToken());
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('OOM')]);
    expect((await health()).status).toBe(503);
    await redis.configSet('maxmemory', '0');
    redis.destroy();
    await waitForRecovery();
    expect((await d.open(token, 'v')).status).toBe(200);
    expect(lines).toHaveLength(2);
  });

  it('accepts its configured clients again after Redis has lost all data', async () => {
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
