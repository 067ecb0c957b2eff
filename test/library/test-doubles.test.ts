import { once } from 'node:events';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timers from 'node:timers';
import promises from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectMock, type Mock, type MockClient, startMock } from '../../src/library/index.ts';
import { withRealMicrotasks } from '../../src/system/timers.ts';
import { parseSetup } from '../support/fake-page.ts';

/** Application tests replace globals in the process of the library; the library must still work. */

const realFetch = globalThis.fetch;
const realTime = Date.now;

describe.each(['from startMock', 'from connectMock'])('mock %s', (source) => {
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
    if (source === 'from connectMock') mock = await connectMock(mock.adminUrl);
  });
  afterAll(async () => {
    await Promise.all(toClose.map((one) => one.close()));
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const openPage = async (client: MockClient) => {
    const src = client.call('val-1').src(await client.token());
    // Node does not resolve the browser host name.
    return realFetch(src.replace(mock.browserUrl, mock.url));
  };

  it('issues tokens and runs verbs with fake timers and with fetch, http.request and proxy replaced', async () => {
    await using client = await mock.client();
    expect(await client.token()).toMatch(/^\w{30}$/);
    expect(await client.journal.count({ path: '/o/token/', status: 200 })).toBe(1);
    await client.faults.arm({ endpoint: 'token', status: 503, times: 1 });
    await expect(client.token()).rejects.toMatchObject({ code: 'no_token' });
  });

  it('connects when Socket.connect is replaced', async () => {
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

  it('resolves waitFor when the event is posted during the wait', async () => {
    await using client = await mock.client();
    const call = client.call('val-1');
    const pending = client.waitFor({ event: 'VideocallLoading' });
    expect((await openPage(client)).status).toBe(200);
    await call.join();
    expect(await pending).toMatchObject({ code: 'VideocallLoading', validationId: 'val-1' });
  });

  it('plays a scenario in real time under fake timers', async () => {
    await using client = await mock.client();
    await client.scenarios.put('brief', { steps: [{ after: '20ms', agent: 'join' }] });
    await client.validations.set('val-1', { scenario: 'brief' });
    const page = await openPage(client);
    const stopping = new AbortController();
    const { pathname, search } = new URL(parseSetup(await page.text()).stream, mock.url);
    const stream = realFetch(`${mock.url}${pathname}${search}`, { signal: stopping.signal });
    expect(await client.waitFor({ event: 'VideocallLoading' })).toMatchObject({ id: 0 });
    expect((await stream).status).toBe(200);
    stopping.abort();
  });

  it('times out waitFor in real time under fake timers', async () => {
    await using client = await mock.client();
    await expect(client.waitFor({ event: 'VideocallCompleted' }, { timeout: 50 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });

  it('answers a request delayed by a fault under fake timers', async () => {
    await using client = await mock.client();
    await client.faults.arm({ endpoint: 'token', latency: '20ms', times: 1 });
    expect(await client.token()).toMatch(/^\w{30}$/);
  });

  it('keeps real time after vi.setSystemTime', async () => {
    vi.setSystemTime('2001-01-01T00:00:00Z');
    expect(Date.parse(await mock.clock.now())).toBeGreaterThan(realTime() - 60_000);
  });
});

/** What `vi.useFakeTimers` can replace where tests run in processes. */
const REPLACEABLE = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'hrtime',
  'Date',
] as const;

describe('a simulator that starts under fake timers', () => {
  afterEach(() => void vi.useRealTimers());

  /** Starts, delays an answer, waits in vain and closes: each needs real time. */
  async function useRealTime(): Promise<void> {
    const mock = await startMock({ logLevel: 'error' });
    await mock.faults.arm({ endpoint: 'token', latency: '20ms', times: 1 });
    expect(await mock.token()).toMatch(/^\w{30}$/);
    await expect(mock.waitFor({ event: 'VideocallCompleted' }, { timeout: 50 })).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(Date.parse(await mock.clock.now())).toBeGreaterThan(Date.parse('2020-01-01'));
    const held = net.connect(Number(new URL(mock.url).port), '127.0.0.1');
    held.on('error', () => {});
    await once(held, 'connect');
    held.write('POST /o/token/ HTTP/1.1\r\n');
    await mock.close();
  }

  it('needs none of the replaced functions', async () => {
    vi.useFakeTimers({ toFake: [...REPLACEABLE], now: new Date('2001-01-01') });
    await useRealTime();
  });

  // Jest replaces nextTick in a copy of `process`; here Node itself needs it.
  it('loads and ends plugins with the real nextTick', async () => {
    const replaced = vi.spyOn(process, 'nextTick').mockImplementation(() => {});
    await withRealMicrotasks(() => new Promise<void>((resolve) => process.nextTick(resolve)));
    expect(replaced).not.toHaveBeenCalled();
    expect(process.nextTick).toBe(replaced);
    replaced.mockRestore();
  });

  it('needs none of node:timers when a test library replaces those too', async () => {
    const never = () => ({ unref() {}, ref() {} });
    for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const)
      vi.spyOn(timers, name).mockImplementation(never as never);
    for (const name of ['setTimeout', 'setImmediate'] as const)
      vi.spyOn(promises, name).mockImplementation(() => new Promise(() => {}));
    syncBuiltinESMExports();
    try {
      await useRealTime();
    } finally {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    }
  });
});
