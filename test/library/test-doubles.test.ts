import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectMock, type Mock, type MockClient, startMock } from '../../src/library/index.ts';
import { parseSetup } from '../support/fake-page.ts';

/** What tests of an application replace in the process that the library, and often the simulator, runs in. */

const realFetch = globalThis.fetch;
const realTime = Date.now;

describe.each(['started here', 'that runs elsewhere'])('a simulator %s', (way) => {
  let mock: Mock;
  const toClose: Mock[] = [];
  beforeAll(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', () => Promise.reject(new Error('fetch is replaced')));
    vi.spyOn(http, 'request').mockImplementation(() => {
      throw new Error('http.request is replaced');
    });
    for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, 'http://127.0.0.1:9');
    mock = await startMock({ scenario: 'manual', logLevel: 'error' });
    toClose.push(mock);
    if (way === 'that runs elsewhere') mock = await connectMock(mock.adminUrl);
  });
  afterAll(async () => {
    await Promise.all(toClose.map((one) => one.close()));
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const opened = async (client: MockClient) => {
    const src = client.call('val-1').src(await client.token());
    // Node does not resolve the name for browsers.
    return realFetch(src.replace(mock.browserUrl, mock.url));
  };

  it('gives tokens and answers verbs with fake timers and without fetch, http.request or a proxy', async () => {
    await using client = await mock.client();
    expect(await client.token()).toMatch(/^\w{30}$/);
    expect(await client.journal.count({ path: '/o/token/', status: 200 })).toBe(1);
    await client.faults.arm({ endpoint: 'token', status: 503, times: 1 });
    await expect(client.token()).rejects.toMatchObject({ code: 'no_token' });
  });

  it('connects where sockets are replaced too', async () => {
    const connecting = vi.spyOn(net.Socket.prototype, 'connect').mockImplementation(() => {
      throw new Error('connect is replaced');
    });
    try {
      expect(await mock.token()).toMatch(/^\w{30}$/);
      expect(Date.parse(await mock.clock.now())).toBeGreaterThan(0);
    } finally {
      connecting.mockRestore();
    }
  });

  it('meets a goal that is reached while it is waited for', async () => {
    await using client = await mock.client();
    const call = client.call('val-1');
    const met = client.waitFor({ event: 'VideocallLoading' });
    expect((await opened(client)).status).toBe(200);
    await call.join();
    expect(await met).toMatchObject({ code: 'VideocallLoading', validationId: 'val-1' });
  });

  it('plays a script as real time passes', async () => {
    await using client = await mock.client();
    await client.scenarios.put('brief', { steps: [{ after: '20ms', agent: 'join' }] });
    await client.validations.set('val-1', { scenario: 'brief' });
    const page = await opened(client);
    const stopping = new AbortController();
    const { pathname, search } = new URL(parseSetup(await page.text()).stream, mock.url);
    const stream = realFetch(`${mock.url}${pathname}${search}`, { signal: stopping.signal });
    expect(await client.waitFor({ event: 'VideocallLoading' })).toMatchObject({ id: 0 });
    expect((await stream).status).toBe(200);
    stopping.abort();
  });

  it('gives up a goal when its timeout has passed in real time', async () => {
    await using client = await mock.client();
    await expect(client.waitFor({ event: 'VideocallCompleted' }, { timeout: 50 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });

  it('answers a request that a fault delays', async () => {
    await using client = await mock.client();
    await client.faults.arm({ endpoint: 'token', latency: '20ms', times: 1 });
    expect(await client.token()).toMatch(/^\w{30}$/);
  });

  it('keeps real time where a test has set another', async () => {
    vi.setSystemTime('2001-01-01T00:00:00Z');
    expect(Date.parse(await mock.clock.now())).toBeGreaterThan(realTime() - 60_000);
  });
});
