import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMemoryStore, type Store, StoreUnavailable } from '../../src/library/index.ts';
import { atLeast } from '../support/at-least.ts';
import { DECLARED, DESCRIPTION, findTemplate } from '../support/control-description.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { sendRaw } from '../support/raw-http.ts';

const ADMIN = { user: 'admin', password: 'secret', origins: [] };
/** Creates a store that throws StoreUnavailable once `disconnect` is called. */
function createFailingStore(): { store: Store; disconnect: () => void } {
  const memory = newMemoryStore();
  let isDown = false;
  const store = new Proxy(memory, {
    get(_, name: keyof Store) {
      if (isDown && name !== 'close')
        throw new StoreUnavailable('the store is unavailable: this test says so');
      return memory[name];
    },
  });
  return {
    store,
    disconnect: () => {
      isDown = true;
    },
  };
}

const SCENARIO = { steps: [{ after: '1s', agent: 'join' }] };

/** A request and the status it must produce. */
interface Attempt {
  readonly request: string;
  readonly body?: unknown;
  readonly status: number;
}

const ID = '/calls/val-1';

/** Statuses that no common rule produces: each success and each route-specific refusal. */
const ATTEMPTS: readonly Attempt[] = [
  { request: 'GET /', status: 200 },
  { request: 'GET /health', status: 200 },
  { request: 'GET /metrics', status: 200 },
  { request: 'GET /ca.pem', status: 200 },
  { request: 'GET /openapi.json', status: 200 },
  { request: 'GET /clients', status: 200 },
  { request: 'POST /clients', body: {}, status: 201 },
  { request: 'POST /clients', body: { client_id: 'sandbox-client' }, status: 409 },
  { request: 'GET /clients/sandbox-client', status: 200 },
  { request: 'GET /clients/unknown', status: 404 },
  { request: 'PATCH /clients/sandbox-client', body: {}, status: 200 },
  { request: 'PATCH /clients/unknown', body: {}, status: 404 },
  { request: 'DELETE /clients/doomed', status: 204 },
  { request: 'DELETE /clients/unknown', status: 404 },
  { request: 'GET /tokens', status: 200 },
  { request: 'GET /tokens/TOKEN', status: 200 },
  { request: 'GET /tokens/none', status: 404 },
  { request: 'POST /tokens/TOKEN/expire', status: 204 },
  { request: 'POST /tokens/none/expire', status: 404 },
  { request: 'GET /clock', status: 200 },
  { request: 'POST /clock/advance', body: { by: '1s' }, status: 200 },
  { request: 'POST /clock/freeze', body: {}, status: 200 },
  { request: 'POST /clock/advance', body: { by: '1s', validation_id: 'shared' }, status: 409 },
  { request: 'POST /clock/freeze', body: { at: '2000-01-01T00:00:00Z' }, status: 409 },
  { request: 'POST /clock/resume', status: 200 },
  { request: 'GET /scenarios', status: 200 },
  { request: 'GET /scenarios/happy', status: 200 },
  { request: 'GET /scenarios/none', status: 404 },
  { request: 'PUT /scenarios/mine', body: SCENARIO, status: 200 },
  { request: 'DELETE /scenarios/wanted', status: 409 },
  { request: 'DELETE /scenarios/mine', status: 204 },
  { request: 'DELETE /scenarios/mine', status: 404 },
  { request: 'GET /validations', status: 200 },
  { request: 'PUT /validations/val-9', body: { exists: true }, status: 200 },
  { request: 'GET /calls', status: 200 },
  { request: `GET ${ID}`, status: 200 },
  { request: 'GET /calls/none', status: 404 },
  { request: 'GET /calls/shared', status: 409 },
  { request: `POST ${ID}/agent`, body: { action: 'join' }, status: 200 },
  { request: `POST ${ID}/agent`, body: { action: 'join' }, status: 409 },
  { request: 'POST /calls/none/agent', body: { action: 'join' }, status: 404 },
  { request: `POST ${ID}/events`, body: { type: 'info', code: 'C', message: 'M' }, status: 200 },
  { request: 'POST /calls/none/events', body: { type: 'info', code: 'C', message: 'M' }, status: 404 },
  { request: `POST ${ID}/signals`, body: { name: 'unasked' }, status: 409 },
  { request: 'POST /calls/waiting/signals', body: { name: 'papers' }, status: 204 },
  { request: 'POST /calls/none/signals', body: { name: 'papers' }, status: 404 },
  { request: `POST ${ID}/fail`, body: { code: 'VideocallNotFound' }, status: 200 },
  { request: `POST ${ID}/fail`, body: { code: 'VideocallNotFound' }, status: 409 },
  { request: `POST ${ID}/events`, body: { type: 'info', code: 'C', message: 'M' }, status: 409 },
  { request: 'POST /calls/none/fail', body: { code: 'VideocallNotFound' }, status: 404 },
  { request: 'GET /events', status: 200 },
  { request: 'GET /faults', status: 200 },
  { request: 'POST /faults', body: { endpoint: 'token', status: 503 }, status: 201 },
  { request: 'DELETE /faults/FAULT', status: 204 },
  { request: 'DELETE /faults/none', status: 404 },
  { request: 'GET /requests', status: 200 },
  { request: 'GET /requests/count', status: 200 },
  { request: 'GET /coverage', status: 200 },
  { request: 'POST /wait', body: { for: { event: 'VideocallLoading' } }, status: 200 },
  { request: 'POST /wait', body: { for: { event: 'Never' }, timeout: '0s' }, status: 408 },
  { request: 'GET /findings', status: 200 },
  { request: 'POST /provider-events', body: { description: 'nothing' }, status: 412 },
  { request: 'POST /provider-states', body: { state: 'a validation exists' }, status: 200 },
  { request: 'POST /provider-states', body: { state: 'the current time is' }, status: 409 },
  { request: 'POST /provider-events', body: { description: 'VideocallLoading' }, status: 200 },
  {
    request: 'POST /provider-states',
    body: { state: 'a validation exists', verification: 'mine' },
    status: 200,
  },
  { request: 'POST /provider-events', body: { description: 'VideocallLoading' }, status: 409 },
];

describe('declared statuses of the control API', () => {
  let d: Drive;
  let exposed: Drive;
  let secure: Drive;
  let withoutStore: Drive;
  const seenStatuses = new Set<string>();
  let names: Record<string, string>;

  const recordStatus = (method: string, path: string, status: number) =>
    seenStatuses.add(`${method} ${findTemplate(method, path.split('?', 1)[0] ?? '')} ${status}`);

  async function send({ request, body }: Omit<Attempt, 'status'>): Promise<number> {
    const [method = '', path = ''] = request.replace(/TOKEN|FAULT/, (name) => names[name] ?? name).split(' ');
    // Their answers are no JSON.
    if (path === '/metrics' || path === '/ca.pem') {
      const { mock } = path === '/metrics' ? d : secure;
      const { status } = await fetch(`${mock.adminUrl}${path}`);
      recordStatus(method, path, status);
      return status;
    }
    const { status } = await d.admin(method, path, body);
    recordStatus(method, path, status);
    return status;
  }

  beforeAll(async () => {
    d = await openDrive({ scenario: 'manual' });
    exposed = await openDrive({ host: '0.0.0.0', admin: ADMIN });
    secure = await openDrive({ https: true });
    const { store, disconnect } = createFailingStore();
    withoutStore = await openDrive({ store });
    disconnect();
    const token = await d.token();
    await d.open(token, 'val-1');
    for (const client of [await d.createClient(), await d.createClient()])
      await d.open(await d.token(client), 'shared');
    await d.createClient({ client_id: 'doomed' });
    await d.createClient({ client_id: 'crowded' });
    await d.admin('PUT', '/scenarios/wanted', SCENARIO);
    await d.createClient({ scenario: 'wanted' });
    await d.admin('PUT', '/scenarios/waits', { steps: [{ wait_for: 'papers' }] });
    await d.admin('PUT', '/validations/waiting', { scenario: 'waits' });
    const page = await openFakePage(d, token, 'waiting');
    await page.waitForText('"state"');
    page.disconnect();
    const fault = await d.admin('POST', '/faults', { endpoint: 'revoke', latency: '1ms' });
    names = { TOKEN: token, FAULT: fault.json.id };
  });
  afterAll(() => Promise.all([d, exposed, secure, withoutStore].map(({ mock }) => mock.close())));

  it.each(ATTEMPTS)('answers $request with $status', async (attempt) => {
    expect(await send(attempt)).toBe(attempt.status);
  });

  const operations = Object.entries(DESCRIPTION.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      path: template.replace(/\{\w+\}/g, 'any'),
      template,
      declares: (status: number) => String(status) in responses,
    })),
  );

  /** Tests each operation that declares `status` with a request that must produce it. */
  const testEach = (
    status: number,
    cause: string,
    url: () => string,
    request: (method: string) => RequestInit & { query?: string },
  ) =>
    it.each(
      atLeast(
        1,
        operations.filter(({ declares }) => declares(status)),
      ).map(({ method, path }) => [method, path]),
    )(`answers %s %s with ${status} for ${cause}`, async (method = '', path = '') => {
      const { query = '', ...init } = request(method);
      const answer = await fetch(`${url()}${path}${query}`, { method, ...init });
      await answer.text();
      recordStatus(method, path, answer.status);
      expect(answer.status).toBe(status);
    });

  describe('for invalid JSON', () =>
    testEach(
      400,
      'invalid JSON',
      () => d.mock.adminUrl,
      () => ({ body: '{' }),
    ));
  describe('for a body that is too large', () =>
    testEach(
      413,
      'a body that is too large',
      () => d.mock.adminUrl,
      () => ({ body: `"${'x'.repeat(2_000_000)}"` }),
    ));
  describe('for unknown parameters', () =>
    testEach(
      422,
      'unknown parameters',
      () => d.mock.adminUrl,
      (method) => ({
        query: '?unknown=1',
        ...(method !== 'GET' && method !== 'DELETE' && { body: '{"unknown":1}' }),
      }),
    ));
  describe('for another origin', () =>
    testEach(
      403,
      'another origin',
      () => d.mock.adminUrl,
      () => ({ headers: { origin: 'http://evil.example' } }),
    ));
  describe('for missing credentials', () =>
    testEach(
      401,
      'missing credentials',
      () => exposed.mock.adminUrl,
      () => ({}),
    ));

  it.each(
    atLeast(
      20,
      operations.filter(({ declares }) => declares(417)),
    ).map(({ method, path }) => [method, path]),
  )('answers %s %s with 417 for an unknown expectation', async (method = '', path = '') => {
    const headers = [['Expect', '200-maybe']] as const;
    const { status } = await sendRaw(d.mock.url, { method, path: `/__admin${path}`, headers });
    recordStatus(method, path, status);
    expect(status).toBe(417);
  });

  describe('for an unavailable store', () => {
    const declaring = ATTEMPTS.filter(({ request, status }) => {
      const [method = '', path = ''] = request.split(' ');
      return status < 300 && DECLARED.includes(`${method} ${findTemplate(method, path)} 503`);
    });
    it.each(atLeast(20, declaring))(
      'answers $request with 503 while the store is unavailable',
      async ({ request, body }) => {
        const [method = '', path = ''] = request.split(' ');
        const { status } = await withoutStore.admin(method, path, body);
        recordStatus(method, path, status);
        expect(status).toBe(503);
      },
    );
    it('answers POST /reset with 503 while the store is unavailable', async () => {
      const { status } = await withoutStore.admin('POST', '/reset');
      recordStatus('POST', '/reset', status);
      expect(status).toBe(503);
    });
  });

  const clientRoutes = operations
    .filter(({ declares }) => declares(404))
    .filter(({ path }) => !path.includes('any'));
  it.each(atLeast(5, clientRoutes).map(({ method, path }) => [method, path]))(
    'answers %s %s with 404 for an unknown client',
    async (method = '', path = '') => {
      const bodies: Record<string, unknown> = {
        '/clock/advance': { by: '1s' },
        '/faults': { endpoint: 'call', kind: 'empty' },
        '/wait': { for: { event: 'X' } },
      };
      const body = method === 'GET' || method === 'DELETE' ? undefined : { ...(bodies[path] as object) };
      const { status } = await d.admin(method, `${path}?client_id=unknown`, body);
      recordStatus(method, path, status);
      expect(status).toBe(404);
    },
  );
  it('answers POST /faults with 409 when the client has too many faults', async () => {
    let status = 201;
    while (status === 201) {
      status = (await d.admin('POST', '/faults', { endpoint: 'call', kind: 'empty', client_id: 'crowded' }))
        .status;
    }
    recordStatus('POST', '/faults', status);
    expect(status).toBe(409);
  });
  it('answers PUT with 404 for an unknown client', async () => {
    for (const [path, body] of [
      ['/scenarios/any', SCENARIO],
      ['/validations/any', {}],
    ] as const) {
      const { status } = await d.admin('PUT', `${path}?client_id=unknown`, body);
      recordStatus('PUT', path, status);
      expect(status).toBe(404);
    }
  });

  it('answers POST /reset with 204', async () => {
    expect(await send({ request: 'POST /reset' })).toBe(204);
  });

  it('produces every declared status in the tests above', () => {
    expect(DECLARED.filter((one) => !seenStatuses.has(one))).toEqual([]);
  });
});
