import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { controlAddress } from '../../src/control/client.ts';
import type { Route } from '../../src/control/schema/route.ts';
import { ROUTES } from '../../src/control/schema/routes.ts';
import { DATA_MAP_KEYS } from '../../src/library/camel-case.ts';
import { endClient } from '../../src/library/fixture.ts';
import { connectMock, type Mock, type MockClient, MockError, startMock } from '../../src/library/index.ts';
import { driveAt, openDrive } from '../support/drive.ts';
import { createFakePage } from '../support/fake-page.ts';

/** Both kinds of `Mock` offer the same verbs, so each test runs against both. */
const MOCKS: Record<string, () => Promise<{ mock: Mock; end: () => Promise<void> }>> = {
  async 'from startMock'() {
    const { mock } = await openDrive({ scenario: 'manual' });
    return { mock, end: () => mock.close() };
  },
  async 'from connectMock'() {
    const { mock: server } = await openDrive({ scenario: 'manual' });
    const mock = await connectMock(server.adminUrl);
    const end = async () => {
      await mock.close();
      await server.close();
    };
    return { mock, end };
  },
};

/** Returns the error that `attempt` rejects with. */
const catchError = (attempt: Promise<unknown>): Promise<MockError> =>
  attempt.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error) => error,
  );

describe.each(Object.keys(MOCKS))('mock %s', (source) => {
  let mock: Mock;
  let end: () => Promise<void>;
  let client: MockClient;
  beforeAll(async () => {
    ({ mock, end } = (await MOCKS[source]?.()) ?? expect.unreachable());
  });
  afterAll(() => end());
  const createClient = async (given?: Parameters<Mock['client']>[0]) => {
    client = await mock.client(given);
    return client;
  };
  afterEach(() => client?.remove());

  /** Opens the call page and returns the call. */
  const openCall = async (validationId = 'val-1') => {
    const call = client.call(validationId);
    // Node does not resolve the browser host name.
    const src = call.src(await client.token());
    expect((await fetch(src.replace(mock.browserUrl, mock.url))).status).toBe(200);
    return call;
  };

  it('exposes the URLs and credentials of the simulator', async () => {
    const { port } = new URL(mock.url);
    expect(mock).toMatchObject({
      url: `http://127.0.0.1:${port}`,
      browserUrl: `http://videocall.localhost:${port}`,
      adminUrl: `http://127.0.0.1:${port}/__admin`,
      demoUrl: `http://localhost:${port}/__demo`,
      consoleUrl: `http://127.0.0.1:${port}/__console`,
      clientId: 'sandbox-client',
      clientSecret: 'sandbox-secret',
    });
    expect(await mock.token()).toMatch(/^\w{30}$/);
  });

  it('creates a client with the given fields and removes it', async () => {
    await createClient({ clientId: 'shop', environment: 'production', allowedIps: ['10.0.0.0/8'] });
    expect(client).toMatchObject({ clientId: 'shop', clientSecret: expect.stringMatching(/./) });
    expect(await catchError(client.token())).toMatchObject({
      name: 'MockError',
      code: 'no_token',
      message: expect.stringContaining('403 for client "shop"'),
    });
    await client.remove();
    await client.remove();
    await expect(endClient(client, { hasPassed: true, failOnFindings: true })).resolves.toBeUndefined();
    expect(await catchError(client.findings())).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('there is no client "shop"'),
      hint: 'GET /__admin/clients lists them',
    });
  });

  it('creates a client whose tokens live as long as expiresIn says', async () => {
    await createClient({ expiresIn: 60 });
    await client.clock.freeze();
    const page = client.call('val-1').src(await client.token());
    await client.clock.advance('60s');
    expect((await fetch(page.replace(mock.browserUrl, mock.url))).status).toBe(403);
    expect(await catchError(mock.client({ expiresIn: 0 }))).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('expires_in: 0 is not a lifetime of tokens'),
    });
  });

  it('removes a client declared with `await using` at the end of the block', async () => {
    let late: MockClient;
    {
      await using short = await mock.client();
      late = short;
      expect(await short.journal.count()).toBe(0);
    }
    expect(await catchError(late.clock.now())).toMatchObject({ code: 'not_found' });
  });

  it('controls a call with the agent verbs', async () => {
    await createClient();
    const call = client.call('val-1');
    expect(await catchError(call.state())).toMatchObject({ code: 'not_found' });
    await openCall();
    expect(await call.state()).toBe('waiting-room');
    expect(await call.join()).toEqual({ page: 'none' });
    expect(await call.state()).toBe('loading');
    await call.leave();
    await call.join();
    await call.start();
    await call.record();
    await call.post({ type: 'info', code: 'Hello', message: 'it is me' });
    expect(await call.end()).toEqual({ page: 'none' });
    const details = await call.get();
    expect(details).toMatchObject({
      clientId: client.clientId,
      validationId: 'val-1',
      n: 1,
      state: 'ended',
      possibleActions: [],
      endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(details.events.map(({ code }) => code)).toEqual([
      'VideocallLoading',
      'VideocallLoading',
      'VideocallInitiated',
      'Hello',
      'VideocallCompleted',
    ]);
    expect(await catchError(call.join())).toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('the call is over'),
    });
  });

  it('selects among calls for one validation by n', async () => {
    await createClient();
    await (await openCall()).fail('VideocallNotFound');
    await openCall();
    expect(await client.call('val-1', { n: 1 }).state()).toBe('error');
    expect(await client.call('val-1').get()).toMatchObject({ n: 2, state: 'waiting-room' });
  });

  it('waits for events, requests and states, and lists what it saw after a timeout', async () => {
    await createClient();
    const call = await openCall();
    const ended = client.waitFor({ callState: 'ended' }, { validationId: 'val-1', timeout: 10_000 });
    await call.join();
    expect(await client.waitFor({ event: 'VideocallLoading' })).toMatchObject({
      validationId: 'val-1',
      id: 0,
    });
    expect(await client.waitFor({ request: { path: '/o/token/' } })).toMatchObject({ status: 200 });
    await call.end();
    expect((await ended).events).toHaveLength(2);
    expect(
      await catchError(client.waitFor({ event: 'VideocallInitiated' }, { timeout: '1ms' })),
    ).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('event VideocallInitiated did not come within 1ms; seen instead: '),
      seen: expect.arrayContaining([expect.stringContaining('VideocallLoading')]),
    });
  });

  it('plays an added scenario and sends it a signal', async () => {
    await createClient();
    const put = await client.scenarios.put('papers', {
      steps: [
        { waitFor: 'papers-shown', timeout: '10m' },
        { after: '0s', agent: 'join' },
      ],
    });
    expect(put).toMatchObject({ source: 'control-api', clientId: client.clientId });
    expect(put.steps[0]).toEqual({ waitFor: 'papers-shown', timeout: '10m' });
    expect((await client.scenarios.list()).map(({ name }) => name)).toContain('papers');
    expect(await client.validations.set('val-2', { scenario: 'papers' })).toMatchObject({
      validationId: 'val-2',
      scenario: 'papers',
    });
    const call = client.call('val-2');
    const { html } = await driveAt(mock).open(await client.token(), 'val-2');
    const page = createFakePage(html, mock.url);
    await page.waitForText('waiting-room');
    await call.signal('papers-shown');
    await page.waitForText('VideocallLoading');
    page.disconnect();
    expect(await catchError(call.signal('again'))).toMatchObject({ code: 'conflict' });
  });

  it('gives each client its own clock', async () => {
    await createClient();
    const frozen = await client.clock.freeze(new Date('2040-01-01T12:00:00Z'));
    expect(frozen).toMatchObject({ now: '2040-01-01T12:00:00.000Z', frozen: true });
    expect((await client.clock.advance('1h')).now).toBe('2040-01-01T13:00:00.000Z');
    expect((await client.clock.advance(90_000.5)).now).toBe('2040-01-01T13:01:30.001Z');
    expect(await client.clock.now()).toBe('2040-01-01T13:01:30.001Z');
    expect(await client.clock.resume()).toMatchObject({ frozen: false });
    expect(new Date(await mock.clock.now()).getFullYear()).toBeLessThan(2040);
  });

  it('arms and clears faults', async () => {
    await createClient();
    const fault = await client.faults.arm({ endpoint: 'token', status: 503, retryAfter: 2 });
    expect(fault).toMatchObject({ clientId: client.clientId, retryAfter: 2, struck: 0 });
    expect((await catchError(client.token())).message).toContain('/o/token/ answered 503');
    await client.faults.arm({ endpoint: 'call', kind: 'empty' });
    expect(await client.faults.list()).toMatchObject([{ struck: 1 }, { kind: 'empty' }]);
    await client.faults.clear(fault.id);
    expect(await client.token()).toMatch(/./);
    await client.faults.clear();
    expect(await client.faults.list()).toEqual([]);
    expect(await catchError(client.faults.arm({ endpoint: 'token' }))).toMatchObject({
      code: 'invalid',
      errors: [{ path: '', message: expect.stringContaining('the fault does nothing') }],
    });
  });

  it('lists the journal with unchanged header and form names', async () => {
    await createClient();
    await client.token();
    const [entry] = await client.journal.list({ path: '/o/token/' });
    expect(entry).toMatchObject({
      clientId: client.clientId,
      validationId: null,
      form: { grant_type: 'client_credentials', client_id: client.clientId },
      headers: { 'content-type': expect.stringMatching(/./) },
    });
    expect(await client.journal.count()).toBe(1);
    expect(await client.journal.count({ status: 401 })).toBe(0);
    expect(await client.journal.list({ after: entry?.id ?? 0 })).toEqual([]);
  });

  it('lists the findings of one client and of all', async () => {
    await createClient();
    await openCall();
    expect(await client.findings()).toMatchObject([
      { rule: 'host-without-videocall', guide: '5.5', clientId: client.clientId, times: 1 },
    ]);
    expect((await mock.findings()).map(({ rule }) => rule)).toContain('host-without-videocall');
    await client.reset();
    expect(await client.findings()).toEqual([]);
    expect(await client.token()).toMatch(/./);
  });
});

describe('connectMock', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('finds the simulator of mock-veridas exec through the environment', async () => {
    await using server = await startMock({
      clients: [{ ...CLIENT, clientId: 'first' }, CLIENT],
      logLevel: 'error',
    });
    vi.stubEnv('VIDEOCALL_ADMIN_URL', server.adminUrl);
    vi.stubEnv('VIDEOCALL_URL', server.url);
    vi.stubEnv('VIDEOCALL_BROWSER_URL', 'https://videocall.test');
    vi.stubEnv('CLIENT_ID', 'shop');
    vi.stubEnv('CLIENT_SECRET', 'shop-secret');
    const mock = await connectMock();
    expect(mock).toMatchObject({
      clientId: 'shop',
      clientSecret: 'shop-secret',
      url: server.url,
      browserUrl: 'https://videocall.test',
    });
    expect(mock.call('v').src('T')).toBe('https://videocall.test/call?access_token=T&validation_id=v');
    const { port } = new URL(server.url);
    const { browserUrl, demoUrl } = await connectMock(`http://[::1]:${port}/`);
    expect([browserUrl, demoUrl]).toEqual([
      `http://videocall.localhost:${port}`,
      `http://localhost:${port}/__demo`,
    ]);
    // A given address overrides the environment.
    expect((await connectMock(server.url)).clientId).toBe('first');
    expect(await connectMock({ adminUrl: server.url, clientId: 'shop' })).toMatchObject({
      clientSecret: 'shop-secret',
    });
  });

  it('leaves a connected simulator and its clients alone on close', async () => {
    await using server = await startMock({ logLevel: 'error' });
    const mock = await connectMock(server.adminUrl);
    const client = await mock.client();
    await mock.close();
    expect(await client.findings()).toEqual([]);
  });

  it('sends the admin credentials that the control API requires', async () => {
    const admin = { user: 'ops@home', password: 's3:cret/?', origins: [] };
    await using server = await startMock({ host: '0.0.0.0', admin, logLevel: 'error' });
    expect(await server.findings()).toEqual([]);
    expect(await catchError(connectMock(server.adminUrl))).toMatchObject({ code: 'unauthorized' });
    const { adminUrl, adminCredentials } = server;
    const mock = await connectMock({ adminUrl, adminCredentials });
    expect(await mock.findings()).toEqual([]);
    expect(mock.adminUrl).toBe(adminUrl);
  });

  it.each([
    ['the simulator URL', 'http://127.0.0.1:4010', 'http://127.0.0.1:4010/__admin'],
    ['the control API URL', 'https://mock.example/__admin/', 'https://mock.example/__admin'],
    ['a URL with a path', 'http://mock.example/videocall', 'http://mock.example/videocall/__admin'],
    ['a URL with a query', 'http://127.0.0.1:4010/?x=1#y', 'http://127.0.0.1:4010/__admin'],
    ['a URL with credentials', 'http://a:b@mock.example', 'http://a:b@mock.example/__admin'],
  ])('finds the control API from %s', (_, address, expected) => {
    expect(controlAddress(address)).toBe(expected);
  });

  it('prefers given credentials to those in the address', () => {
    const given = { user: 'ops@home', password: 's3:cret' };
    expect(controlAddress('http://a:b@mock.example', given)).toBe(
      'http://ops%40home:s3%3Acret@mock.example/__admin',
    );
  });

  it.each([
    [
      'no server answers',
      'http://127.0.0.1:1',
      /^http:\/\/127\.0\.0\.1:1\/__admin does not answer: .+; start one/,
    ],
    ['the address is invalid', 'localhost', /^"localhost" is not an http\(s\) URL; use one such as http:/],
    [
      'the address is not one of HTTP',
      'ftp://127.0.0.1:1',
      /^"ftp:\/\/127\.0\.0\.1:1" is not an http\(s\) URL; use one such as http:/,
    ],
    ['VIDEOCALL_ADMIN_URL is not set', undefined, /^VIDEOCALL_ADMIN_URL is not set; run the tests with/],
  ])('rejects with code unreachable when %s', async (_, address, message) => {
    vi.stubEnv('VIDEOCALL_ADMIN_URL', '');
    const error = await catchError(connectMock(address));
    expect(error).toBeInstanceOf(MockError);
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringMatching(message) });
  });

  it('rejects with code unreachable when another server answers', async () => {
    await using server = await startMock({ logLevel: 'error' });
    expect(await catchError(connectMock(`${server.url}/elsewhere`))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('is not a mock-veridas control API'),
    });
  });

  it.each(['{"a":1}', 'null', ''])(
    'rejects with code unreachable when another server answers %j',
    async (json) => {
      const other = createServer((_, response) => response.end(json)).listen(0, '127.0.0.1');
      onTestFinished(() => void other.close());
      await once(other, 'listening');
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await catchError(connectMock(url))).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining(`${url}/__admin is not a mock-veridas control API; start one`),
      });
    },
  );
});

const CLIENT = {
  clientId: 'shop',
  clientSecret: 'shop-secret',
  environment: 'sandbox',
  allowedIps: [],
  type: 'confidential',
  grantType: 'client-credentials',
} as const;

describe('camelCase conversion', () => {
  /** Returns the names of the properties in `schema` that are maps. Their keys are data. */
  function findMaps(schema: unknown, name = ''): string[] {
    if (typeof schema !== 'object' || schema === null) return [];
    if ('patternProperties' in schema) return [name];
    return Object.entries(schema).flatMap(([key, inner]) =>
      findMaps(inner, ['properties', 'items', 'anyOf'].includes(key) || /^\d+$/.test(key) ? name : key),
    );
  }

  it('leaves exactly those maps unconverted whose keys are data', () => {
    // Only Pact uses provider states; no verb of the library does.
    const { 'POST /provider-states': _, ...others } = ROUTES;
    const schemas = Object.values<Route>(others).flatMap(({ answer, body }) => [answer, body]);
    expect(new Set(schemas.flatMap((schema) => findMaps(schema)))).toEqual(DATA_MAP_KEYS);
  });
});
