import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { controlAddress } from '../../src/control/client.ts';
import type { Route } from '../../src/control/schema/route.ts';
import { ROUTES } from '../../src/control/schema/routes.ts';
import { DATA_MAP_KEYS } from '../../src/library/camel-case.ts';
import { connectMock, type Mock, type MockClient, MockError, startMock } from '../../src/library/index.ts';
import { driveAt, openDrive } from '../support/drive.ts';
import { createFakePage } from '../support/fake-page.ts';

/** A simulator as a test has it: what the one that was started has, the one that is elsewhere has as well. */
const WAYS: Record<string, () => Promise<{ mock: Mock; end: () => Promise<void> }>> = {
  async 'started here'() {
    const { mock } = await openDrive({ scenario: 'manual' });
    return { mock, end: () => mock.close() };
  },
  async 'that runs elsewhere'() {
    const { mock: server } = await openDrive({ scenario: 'manual' });
    const mock = await connectMock(server.adminUrl);
    const end = async () => {
      await mock.close();
      await server.close();
    };
    return { mock, end };
  },
};

/** What an attempt throws. */
const thrown = (attempt: Promise<unknown>): Promise<MockError> =>
  attempt.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error) => error,
  );

describe.each(Object.keys(WAYS))('a simulator %s', (way) => {
  let mock: Mock;
  let end: () => Promise<void>;
  let client: MockClient;
  beforeAll(async () => {
    ({ mock, end } = (await WAYS[way]?.()) ?? expect.unreachable());
  });
  afterAll(() => end());
  const own = async (given?: Parameters<Mock['client']>[0]) => {
    client = await mock.client(given);
    return client;
  };
  afterEach(() => client?.remove());

  /** A call for which a page was served. */
  const opened = async (validationId = 'val-1') => {
    const call = client.call(validationId);
    // Node does not resolve the name for browsers.
    const src = call.src(await client.token());
    expect((await fetch(src.replace(mock.browserUrl, mock.url))).status).toBe(200);
    return call;
  };

  it('says where everything is', async () => {
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

  it('makes a client with what is given, and removes it', async () => {
    await own({ clientId: 'shop', environment: 'production', allowedIps: ['10.0.0.0/8'] });
    expect(client).toMatchObject({ clientId: 'shop', clientSecret: expect.stringMatching(/./) });
    expect(await thrown(client.token())).toMatchObject({
      name: 'MockError',
      code: 'no_token',
      message: expect.stringContaining('403 for client "shop"'),
    });
    await client.remove();
    await client.remove();
    expect(await thrown(client.findings())).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('there is no client "shop"'),
      hint: 'GET /__admin/clients lists them',
    });
  });

  it('removes a client at the end of its block', async () => {
    let late: MockClient;
    {
      await using short = await mock.client();
      late = short;
      expect(await short.journal.count()).toBe(0);
    }
    expect(await thrown(late.clock.now())).toMatchObject({ code: 'not_found' });
  });

  it('plays the agent of a call', async () => {
    await own();
    const call = client.call('val-1');
    expect(await thrown(call.state())).toMatchObject({ code: 'not_found' });
    await opened();
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
    expect(await thrown(call.join())).toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('nothing more can happen'),
    });
  });

  it('tells calls for one validation apart by their number', async () => {
    await own();
    await (await opened()).fail('VideocallNotFound');
    await opened();
    expect(await client.call('val-1', { n: 1 }).state()).toBe('error');
    expect(await client.call('val-1').get()).toMatchObject({ n: 2, state: 'waiting-room' });
  });

  it('waits for what happens to a call, and says what was seen instead', async () => {
    await own();
    const call = await opened();
    const ended = client.waitFor({ callState: 'ended' }, { validationId: 'val-1', timeout: 10_000 });
    await call.join();
    expect(await client.waitFor({ event: 'VideocallLoading' })).toMatchObject({
      validationId: 'val-1',
      id: 0,
    });
    expect(await client.waitFor({ request: { path: '/o/token/' } })).toMatchObject({ status: 200 });
    await call.end();
    expect((await ended).events).toHaveLength(2);
    expect(await thrown(client.waitFor({ event: 'VideocallInitiated' }, { timeout: '1ms' }))).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('event VideocallInitiated has not come within 1ms; seen instead: '),
      seen: expect.arrayContaining([expect.stringContaining('VideocallLoading')]),
    });
  });

  it('plays a scenario that was put in, and gives it the signal', async () => {
    await own();
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
    expect(await thrown(call.signal('again'))).toMatchObject({ code: 'conflict' });
  });

  it('has a clock of its own for each client', async () => {
    await own();
    const frozen = await client.clock.freeze(new Date('2040-01-01T12:00:00Z'));
    expect(frozen).toMatchObject({ now: '2040-01-01T12:00:00.000Z', frozen: true });
    expect((await client.clock.advance('1h')).now).toBe('2040-01-01T13:00:00.000Z');
    expect((await client.clock.advance(90_000.5)).now).toBe('2040-01-01T13:01:30.001Z');
    expect(await client.clock.now()).toBe('2040-01-01T13:01:30.001Z');
    expect(await client.clock.resume()).toMatchObject({ frozen: false });
    expect(new Date(await mock.clock.now()).getFullYear()).toBeLessThan(2040);
  });

  it('arms faults and takes them away', async () => {
    await own();
    const fault = await client.faults.arm({ endpoint: 'token', status: 503, retryAfter: 2 });
    expect(fault).toMatchObject({ clientId: client.clientId, retryAfter: 2, struck: 0 });
    expect((await thrown(client.token())).message).toContain('/o/token/ answered 503');
    await client.faults.arm({ endpoint: 'call', kind: 'empty' });
    expect(await client.faults.list()).toMatchObject([{ struck: 1 }, { kind: 'empty' }]);
    await client.faults.clear(fault.id);
    expect(await client.token()).toMatch(/./);
    await client.faults.clear();
    expect(await client.faults.list()).toEqual([]);
    expect(await thrown(client.faults.arm({ endpoint: 'token' }))).toMatchObject({
      code: 'invalid',
      errors: [{ path: '', message: expect.stringContaining('nothing would go wrong') }],
    });
  });

  it('shows the journal, whose headers and forms stay as they were', async () => {
    await own();
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

  it('tells findings, of a client or of all', async () => {
    await own();
    await opened();
    expect(await client.findings()).toMatchObject([
      { rule: 'host-without-videocall', guide: '5.5', clientId: client.clientId, times: 1 },
    ]);
    expect((await mock.findings()).map(({ rule }) => rule)).toContain('host-without-videocall');
    await client.reset();
    expect(await client.findings()).toEqual([]);
    expect(await client.token()).toMatch(/./);
  });
});

describe('connecting', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('finds the simulator of exec by the environment', async () => {
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
    // Who says where it is means another one.
    expect((await connectMock(server.url)).clientId).toBe('first');
    expect(await connectMock({ adminUrl: server.url, clientId: 'shop' })).toMatchObject({
      clientSecret: 'shop-secret',
    });
  });

  it('leaves what runs elsewhere as it is', async () => {
    await using server = await startMock({ logLevel: 'error' });
    const mock = await connectMock(server.adminUrl);
    const client = await mock.client();
    await mock.close();
    expect(await client.findings()).toEqual([]);
  });

  it('gives credentials where they are asked for', async () => {
    const admin = { user: 'ops@home', password: 's3:cret/?', origins: [] };
    await using server = await startMock({ host: '0.0.0.0', admin, logLevel: 'error' });
    expect(await server.findings()).toEqual([]);
    expect(await thrown(connectMock(server.adminUrl))).toMatchObject({ code: 'unauthorized' });
    const { adminUrl, adminCredentials } = server;
    const mock = await connectMock({ adminUrl, adminCredentials });
    expect(await mock.findings()).toEqual([]);
    expect(mock.adminUrl).toBe(adminUrl);
  });

  it.each([
    ['its own', 'http://127.0.0.1:4010', 'http://127.0.0.1:4010/__admin'],
    ['that of the control API', 'https://mock.example/__admin/', 'https://mock.example/__admin'],
    ['one behind a path', 'http://mock.example/videocall', 'http://mock.example/videocall/__admin'],
    ['one with a query', 'http://127.0.0.1:4010/?x=1#y', 'http://127.0.0.1:4010/__admin'],
    ['one with credentials', 'http://a:b@mock.example', 'http://a:b@mock.example/__admin'],
  ])('finds the control API by %s', (_, address, expected) => {
    expect(controlAddress(address)).toBe(expected);
  });

  it('takes credentials that are given before those in the address', () => {
    const given = { user: 'ops@home', password: 's3:cret' };
    expect(controlAddress('http://a:b@mock.example', given)).toBe(
      'http://ops%40home:s3%3Acret@mock.example/__admin',
    );
  });

  it.each([
    [
      'nobody is there',
      'http://127.0.0.1:1',
      /^http:\/\/127\.0\.0\.1:1\/__admin does not answer: .+; start one/,
    ],
    ['it is no address', 'localhost', /^"localhost" is no address; give one like http:/],
    [
      'nothing was handed on',
      undefined,
      /^there is no VIDEOCALL_ADMIN_URL in the environment; run the tests by/,
    ],
  ])('says that %s', async (_, address, message) => {
    vi.stubEnv('VIDEOCALL_ADMIN_URL', '');
    const error = await thrown(connectMock(address));
    expect(error).toBeInstanceOf(MockError);
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringMatching(message) });
  });

  it('says that somebody else is there', async () => {
    await using server = await startMock({ logLevel: 'error' });
    expect(await thrown(connectMock(`${server.url}/elsewhere`))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('is no mock-veridas'),
    });
  });
});

const CLIENT = {
  clientId: 'shop',
  clientSecret: 'shop-secret',
  environment: 'sandbox',
  allowedIps: [],
  type: 'confidential',
  grantType: 'client-credentials',
} as const;

describe('the control API in camelCase', () => {
  /** The names under which a schema has maps, whose keys are data. */
  function mapsIn(schema: unknown, name = ''): string[] {
    if (typeof schema !== 'object' || schema === null) return [];
    if ('patternProperties' in schema) return [name];
    return Object.entries(schema).flatMap(([key, inner]) =>
      mapsIn(inner, ['properties', 'items', 'anyOf'].includes(key) || /^\d+$/.test(key) ? name : key),
    );
  }

  it('leaves alone those maps whose keys are data, and no others', () => {
    // What states give is asked for by Pact alone, and by no verb of the library.
    const { 'POST /provider-states': _, ...others } = ROUTES;
    const schemas = Object.values<Route>(others).flatMap(({ answer, body }) => [answer, body]);
    expect(new Set(schemas.flatMap((schema) => mapsIn(schema)))).toEqual(DATA_MAP_KEYS);
  });
});
