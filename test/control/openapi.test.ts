import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMemoryStore, type Store, StoreUnavailable } from '../../src/library/index.ts';
import { atLeast } from '../support/at-least.ts';
import { DECLARED, DESCRIPTION, findTemplate } from '../support/control-description.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';

const OTHERS_CREDENTIALS = { user: 'admin', password: 'secret', origins: [] };
/** A store that goes away when it is told to. */
function storeThatGoes(): { store: Store; go: () => void } {
  const memory = newMemoryStore();
  let gone = false;
  const store = new Proxy(memory, {
    get(_, name: keyof Store) {
      if (gone && name !== 'close') throw new StoreUnavailable('the store is away: this test says so');
      return memory[name];
    },
  });
  return {
    store,
    go: () => {
      gone = true;
    },
  };
}

const SCENARIO = { steps: [{ after: '1s', agent: 'join' }] };

/** A request, its body and what is done before it. */
interface Try {
  readonly ask: string;
  readonly body?: unknown;
  readonly status: number;
}

const ID = '/calls/val-1';

/** What no rule for all routes produces: each answer that is right, and each refusal of one route's own. */
const TRIES: readonly Try[] = [
  { ask: 'GET /health', status: 200 },
  { ask: 'GET /metrics', status: 200 },
  { ask: 'GET /openapi.json', status: 200 },
  { ask: 'GET /clients', status: 200 },
  { ask: 'POST /clients', body: {}, status: 201 },
  { ask: 'POST /clients', body: { client_id: 'sandbox-client' }, status: 409 },
  { ask: 'GET /clients/sandbox-client', status: 200 },
  { ask: 'GET /clients/nobody', status: 404 },
  { ask: 'PATCH /clients/sandbox-client', body: {}, status: 200 },
  { ask: 'PATCH /clients/nobody', body: {}, status: 404 },
  { ask: 'DELETE /clients/doomed', status: 204 },
  { ask: 'DELETE /clients/nobody', status: 404 },
  { ask: 'GET /tokens', status: 200 },
  { ask: 'GET /tokens/TOKEN', status: 200 },
  { ask: 'GET /tokens/none', status: 404 },
  { ask: 'POST /tokens/TOKEN/expire', status: 204 },
  { ask: 'POST /tokens/none/expire', status: 404 },
  { ask: 'GET /clock', status: 200 },
  { ask: 'POST /clock/advance', body: { by: '1s' }, status: 200 },
  { ask: 'POST /clock/freeze', body: {}, status: 200 },
  { ask: 'POST /clock/freeze', body: { at: '2000-01-01T00:00:00Z' }, status: 409 },
  { ask: 'POST /clock/resume', status: 200 },
  { ask: 'GET /scenarios', status: 200 },
  { ask: 'GET /scenarios/happy', status: 200 },
  { ask: 'GET /scenarios/none', status: 404 },
  { ask: 'PUT /scenarios/mine', body: SCENARIO, status: 200 },
  { ask: 'DELETE /scenarios/wanted', status: 409 },
  { ask: 'DELETE /scenarios/mine', status: 204 },
  { ask: 'DELETE /scenarios/mine', status: 404 },
  { ask: 'GET /validations', status: 200 },
  { ask: 'PUT /validations/val-9', body: { exists: true }, status: 200 },
  { ask: 'GET /calls', status: 200 },
  { ask: `GET ${ID}`, status: 200 },
  { ask: 'GET /calls/none', status: 404 },
  { ask: 'GET /calls/shared', status: 409 },
  { ask: `POST ${ID}/agent`, body: { action: 'join' }, status: 200 },
  { ask: `POST ${ID}/agent`, body: { action: 'join' }, status: 409 },
  { ask: 'POST /calls/none/agent', body: { action: 'join' }, status: 404 },
  { ask: `POST ${ID}/events`, body: { type: 'info', code: 'C', message: 'M' }, status: 200 },
  { ask: 'POST /calls/none/events', body: { type: 'info', code: 'C', message: 'M' }, status: 404 },
  { ask: `POST ${ID}/signals`, body: { name: 'unasked' }, status: 409 },
  { ask: 'POST /calls/waiting/signals', body: { name: 'papers' }, status: 204 },
  { ask: 'POST /calls/none/signals', body: { name: 'papers' }, status: 404 },
  { ask: `POST ${ID}/fail`, body: { code: 'VideocallNotFound' }, status: 200 },
  { ask: `POST ${ID}/fail`, body: { code: 'VideocallNotFound' }, status: 409 },
  { ask: `POST ${ID}/events`, body: { type: 'info', code: 'C', message: 'M' }, status: 409 },
  { ask: 'POST /calls/none/fail', body: { code: 'VideocallNotFound' }, status: 404 },
  { ask: 'GET /events', status: 200 },
  { ask: 'GET /faults', status: 200 },
  { ask: 'POST /faults', body: { endpoint: 'token', status: 503 }, status: 201 },
  { ask: 'DELETE /faults/FAULT', status: 204 },
  { ask: 'DELETE /faults/none', status: 404 },
  { ask: 'GET /requests', status: 200 },
  { ask: 'GET /requests/count', status: 200 },
  { ask: 'POST /wait', body: { for: { event: 'VideocallLoading' } }, status: 200 },
  { ask: 'POST /wait', body: { for: { event: 'Never' }, timeout: '0s' }, status: 408 },
  { ask: 'GET /findings', status: 200 },
  { ask: 'POST /provider-states', body: { state: 'a validation exists' }, status: 200 },
  { ask: 'POST /provider-states', body: { state: 'the current time is' }, status: 409 },
];

describe('every declared status of the control API', () => {
  let d: Drive;
  let exposed: Drive;
  let away: Drive;
  const produced = new Set<string>();
  let names: Record<string, string>;

  const note = (method: string, path: string, status: number) =>
    produced.add(`${method} ${findTemplate(method, path.split('?', 1)[0] ?? '')} ${status}`);

  async function ask({ ask: what, body }: Omit<Try, 'status'>): Promise<number> {
    const [method = '', path = ''] = what.replace(/TOKEN|FAULT/, (name) => names[name] ?? name).split(' ');
    if (path === '/metrics') {
      const { status } = await fetch(`${d.mock.adminUrl}${path}`);
      note(method, path, status);
      return status;
    }
    const { status } = await d.admin(method, path, body);
    note(method, path, status);
    return status;
  }

  beforeAll(async () => {
    d = await openDrive({ scenario: 'manual' });
    exposed = await openDrive({ host: '0.0.0.0', admin: OTHERS_CREDENTIALS });
    const { store, go } = storeThatGoes();
    away = await openDrive({ store });
    go();
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
  afterAll(() => Promise.all([d, exposed, away].map(({ mock }) => mock.close())));

  it.each(TRIES)('$ask answers $status', async (one) => {
    expect(await ask(one)).toBe(one.status);
  });

  const operations = Object.entries(DESCRIPTION.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      path: template.replace(/\{\w+\}/g, 'any'),
      template,
      declares: (status: number) => String(status) in responses,
    })),
  );

  /** Sends to each operation that declares a status what must bring it about. */
  const each = (
    status: number,
    url: () => string,
    request: (method: string) => RequestInit & { query?: string },
  ) =>
    it.each(
      atLeast(
        1,
        operations.filter(({ declares }) => declares(status)),
      ).map(({ method, path }) => [method, path]),
    )(`%s %s answers ${status}`, async (method = '', path = '') => {
      const { query = '', ...init } = request(method);
      const answer = await fetch(`${url()}${path}${query}`, { method, ...init });
      await answer.text();
      note(method, path, answer.status);
      expect(answer.status).toBe(status);
    });

  describe('to what is no JSON', () =>
    each(
      400,
      () => d.mock.adminUrl,
      () => ({ body: '{' }),
    ));
  describe('to what is too large', () =>
    each(
      413,
      () => d.mock.adminUrl,
      () => ({ body: `"${'x'.repeat(2_000_000)}"` }),
    ));
  describe('to what does not fit', () =>
    each(
      422,
      () => d.mock.adminUrl,
      (method) => ({
        query: '?unknown=1',
        ...(method !== 'GET' && method !== 'DELETE' && { body: '{"unknown":1}' }),
      }),
    ));
  describe('to a page of another origin', () =>
    each(
      403,
      () => d.mock.adminUrl,
      () => ({ headers: { origin: 'http://evil.example' } }),
    ));
  describe('to whoever brings no credentials from elsewhere', () =>
    each(
      401,
      () => exposed.mock.adminUrl,
      () => ({}),
    ));

  describe('to whatever it could do when the store is away', () => {
    const declaring = TRIES.filter(({ ask: what, status }) => {
      const [method = '', path = ''] = what.split(' ');
      return status < 300 && DECLARED.includes(`${method} ${findTemplate(method, path)} 503`);
    });
    it.each(atLeast(20, declaring))('$ask answers 503', async ({ ask: what, body }) => {
      const [method = '', path = ''] = what.split(' ');
      const { status } = await away.admin(method, path, body);
      note(method, path, status);
      expect(status).toBe(503);
    });
    it('POST /reset answers 503', async () => {
      const { status } = await away.admin('POST', '/reset');
      note('POST', '/reset', status);
      expect(status).toBe(503);
    });
  });

  const aboutOne = operations
    .filter(({ declares }) => declares(404))
    .filter(({ path }) => !path.includes('any'));
  it.each(atLeast(5, aboutOne).map(({ method, path }) => [method, path]))(
    '%s %s answers 404 for an unknown client',
    async (method = '', path = '') => {
      const bodies: Record<string, unknown> = {
        '/clock/advance': { by: '1s' },
        '/faults': { endpoint: 'call', kind: 'empty' },
        '/wait': { for: { event: 'X' } },
      };
      const body = method === 'GET' || method === 'DELETE' ? undefined : { ...(bodies[path] as object) };
      const { status } = await d.admin(method, `${path}?client_id=nobody`, body);
      note(method, path, status);
      expect(status).toBe(404);
    },
  );
  it('POST /faults answers 409 when there are too many', async () => {
    let status = 201;
    while (status === 201) {
      status = (await d.admin('POST', '/faults', { endpoint: 'call', kind: 'empty', client_id: 'crowded' }))
        .status;
    }
    note('POST', '/faults', status);
    expect(status).toBe(409);
  });
  it('PUT for an unknown client answers 404', async () => {
    for (const [path, body] of [
      ['/scenarios/any', SCENARIO],
      ['/validations/any', {}],
    ] as const) {
      const { status } = await d.admin('PUT', `${path}?client_id=nobody`, body);
      note('PUT', path, status);
      expect(status).toBe(404);
    }
  });

  it('POST /reset answers 204', async () => {
    expect(await ask({ ask: 'POST /reset' })).toBe(204);
  });

  it('has been produced by then', () => {
    expect(DECLARED.filter((one) => !produced.has(one))).toEqual([]);
  });
});
