import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { createFakePage, openFakePage } from '../support/fake-page.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());
beforeEach(() => d.admin('POST', '/reset'));

describe('health', () => {
  it('reports status, version and instance id in GET /health', async () => {
    const { status, json } = await d.admin('GET', '/health');
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'ok', version: expect.any(String), instanceId: expect.any(String) });
  });
});

describe('clients', () => {
  it('creates a client with the given fields and sandbox defaults for the rest', async () => {
    const { status, json } = await d.admin('POST', '/clients', {
      client_id: 'mine',
      allowed_ips: ['10.0.0.1'],
    });
    expect(status).toBe(201);
    expect(json).toEqual({
      client_id: 'mine',
      client_secret: expect.stringMatching(/^\w{40}$/),
      environment: 'sandbox',
      allowed_ips: ['10.0.0.1'],
      type: 'confidential',
      grant_type: 'client-credentials',
      expires_in: 3600,
      scenario: null,
      next_scenario: null,
    });
  });

  it.each(['/clients', '/clients/sandbox-client'])(
    'rejects misspelled client fields in a request to %s and suggests the right name',
    async (path) => {
      const method = path === '/clients' ? 'POST' : 'PATCH';
      const { status, json } = await d.admin(method, path, {
        id: 'a',
        secret: 'b',
        allowedIps: [],
        grantType: 'c',
      });
      expect(status).toBe(422);
      expect(json.errors.map(({ message }: Json) => message)).toEqual([
        "'id' is not known here; did you mean 'client_id'?",
        "'secret' is not known here; did you mean 'client_secret'?",
        "'allowedIps' is not known here; did you mean 'allowed_ips'?",
        "'grantType' is not known here; did you mean 'grant_type'?",
      ]);
    },
  );

  it('answers 409 when a client with the same client_id exists', async () => {
    await d.admin('POST', '/clients', { client_id: 'mine' });
    expect((await d.admin('POST', '/clients', { client_id: 'mine' })).status).toBe(409);
  });

  it('changes only the given fields in PATCH /clients/:client_id', async () => {
    await d.admin('POST', '/clients', { client_id: 'mine', client_secret: 'kept' });
    const { json } = await d.admin('PATCH', '/clients/mine', { environment: 'production' });
    expect(json).toMatchObject({ client_secret: 'kept', environment: 'production' });
  });

  it('deletes the tokens of a client together with the client', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    expect((await d.admin('DELETE', `/clients/${client.client_id}`)).status).toBe(204);
    expect((await d.admin('GET', `/tokens/${token}`)).status).toBe(404);
    expect((await d.requestToken({ ...client })).status).toBe(401);
  });

  it('rejects a client with an unknown scenario or an invalid IP range', async () => {
    const { status, json } = await d.admin('POST', '/clients', { scenario: 'no-such' });
    expect([status, json.message]).toEqual([422, expect.stringContaining('known: ')]);
    expect((await d.admin('POST', '/clients', { allowed_ips: ['10.0.0.0/99'] })).status).toBe(422);
  });
});

describe('client_id of a request', () => {
  it('rejects a request whose query and body name different clients', async () => {
    const { client_id } = await d.createClient();
    const { status, json } = await d.admin('POST', `/reset?client_id=sandbox-client`, { client_id });
    expect([status, json.errors[0].path]).toEqual([422, '/client_id']);
  });
});

describe('tokens', () => {
  it('lists tokens with lifetime, state and validations, filtered by client_id', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    await d.token();
    await d.open(token, 'val-1');
    const { json } = await d.admin('GET', `/tokens?client_id=${client.client_id}`);
    expect(json.total).toBe(1);
    const [{ issued_at, expires_at, ...rest }] = json.items;
    expect(rest).toEqual({
      access_token: token,
      client_id: client.client_id,
      state: 'active',
      validation_ids: ['val-1'],
    });
    expect(Date.parse(expires_at) - Date.parse(issued_at)).toBe(3_600_000);
  });
});

describe('clock', () => {
  it('freezes the clock, advances it and resumes it from there', async () => {
    const at = '2030-01-01T00:00:00.000Z';
    expect((await d.admin('POST', '/clock/freeze', { at })).json).toMatchObject({ now: at, frozen: true });
    const { json } = await d.admin('POST', '/clock/advance', { by: '1.5h' });
    expect(json).toMatchObject({ now: '2030-01-01T01:30:00.000Z', frozen: true });
    const resumed = (await d.admin('POST', '/clock/resume')).json;
    expect(resumed.frozen).toBe(false);
    expect(Date.parse(resumed.now)).toBeGreaterThanOrEqual(Date.parse('2030-01-01T01:30:00.000Z'));
  });

  describe('advanced while a page is loading', () => {
    const openAsBrowser = async (validationId: string) => {
      const query = new URLSearchParams({ access_token: await d.token(), validation_id: validationId });
      return (await fetch(`${d.mock.url}/call?${query}`, { headers: { accept: 'text/html,*/*' } })).text();
    };

    it('waits until the page has checked in, so that its script has started', async () => {
      const html = await openAsBrowser('agent-late~loading');
      const advanced = d.admin('POST', '/clock/advance', { by: '10m' });
      const page = createFakePage(html, d.mock.url);
      await advanced;
      expect((await d.admin('GET', '/calls/agent-late~loading')).json.state).toBe('loading');
      await page.waitForText('VideocallLoading');
      page.disconnect();
    });

    it('moves the script of one call, and neither other calls nor tokens', async () => {
      const token = await d.token();
      const pages = await Promise.all(
        ['agent-late~one', 'agent-late~other'].map((id) => openFakePage(d, token, id)),
      );
      for (const page of pages) await page.waitForText('waiting-room');
      const { now } = (await d.admin('GET', '/clock')).json;
      const { status, json } = await d.admin('POST', '/clock/advance', {
        by: '10m',
        validation_id: 'agent-late~one',
      });
      expect([status, Date.parse(json.now) - Date.parse(now)]).toEqual([
        200,
        expect.toSatisfy((ms) => ms < 60_000),
      ]);
      const state = async (id: string) => (await d.admin('GET', `/calls/${id}`)).json.state;
      expect([await state('agent-late~one'), await state('agent-late~other')]).toEqual([
        'loading',
        'waiting-room',
      ]);
      await pages[0]?.waitForText('VideocallLoading');
      for (const page of pages) page.disconnect();
    });

    it.each([
      [{ by: '1s', validation_id: 'unheard-of' }, 404, 'there is no such call for "unheard-of"'],
      [{ by: '1s', n: 1 }, 422, 'n: needs validation_id'],
      [
        { by: '1s', validation_id: 'agent-late~closed' },
        409,
        'no page of the call for "agent-late~closed" has checked in yet',
      ],
    ])('refuses %j with %d', async (body, status, message) => {
      await d.open(await d.token(), 'agent-late~closed');
      const answer = await d.admin('POST', '/clock/advance', body);
      expect([answer.status, answer.json.message]).toEqual([status, message]);
    });

    it('waits a few seconds at most for a page that never checks in', async () => {
      await openAsBrowser('agent-late~gone');
      const { status } = await d.admin('POST', '/clock/advance', { by: '10m' });
      expect([status, (await d.admin('GET', '/calls/agent-late~gone')).json.started_at]).toEqual([200, null]);
    });
  });

  it('forks the clock of a client from the common clock at the first request that names the client', async () => {
    const { client_id } = await d.createClient();
    await d.admin('POST', '/clock/freeze', { at: '2030-01-01T00:00:00.000Z' });
    await d.admin('POST', '/clock/advance', { by: '1h', client_id });
    await d.admin('POST', '/clock/advance', { by: '1h' });
    await d.admin('POST', '/clock/advance', { by: '1h' });
    const [own, common] = await Promise.all([
      d.admin('GET', `/clock?client_id=${client_id}`),
      d.admin('GET', '/clock'),
    ]);
    expect([own.json.now, common.json.now]).toEqual(['2030-01-01T01:00:00.000Z', '2030-01-01T02:00:00.000Z']);
  });
});

describe('calls', () => {
  it('returns state, events and acts of a call in GET /calls/:validation_id', async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    for (const action of ['join', 'start', 'record', 'end']) {
      const { json } = await d.admin('POST', '/calls/val-1/agent', { action });
      expect(json).toEqual({ page: 'none' });
    }
    const { json } = await d.admin('GET', '/calls/val-1');
    expect(json).toMatchObject({
      client_id: 'sandbox-client',
      validation_id: 'val-1',
      n: 1,
      state: 'ended',
      scenario: 'manual',
      tokens: [token],
      page: 'none',
    });
    expect(json.events.map(({ id, code }: { id: number; code: string }) => [id, code])).toEqual([
      [0, 'VideocallLoading'],
      [1, 'VideocallInitiated'],
      [2, 'VideocallCompleted'],
    ]);
    expect(json.ended_at).toBe(json.events[2].at);
    expect(json.acts.map(({ act, by, name, event }: Json) => [act, by, name, event])).toEqual([
      ['join', 'hand', null, 0],
      ['start', 'hand', null, 1],
      ['record', 'hand', null, null],
      ['end', 'hand', null, 2],
    ]);
  });

  it('lists the possible agent actions, and none for an unconfirmed validation', async () => {
    const getPossibleActions = async (validationId: string) => {
      await d.open(await d.token(), validationId);
      return (await d.admin('GET', `/calls/${validationId}`)).json.possible_actions;
    };
    await d.admin('PUT', '/validations/val-hidden', { confirmed: false });
    expect(await getPossibleActions('val-hidden')).toEqual([]);
    expect(await getPossibleActions('val-seen')).toEqual(['join']);
  });

  it('answers an impossible agent action with 409 and names the possible ones', async () => {
    await d.open(await d.token(), 'val-1');
    const { status, json } = await d.admin('POST', '/calls/val-1/agent', { action: 'end' });
    expect(status).toBe(409);
    expect(json).toEqual({
      error: 'conflict',
      message: 'the agent cannot end: the call is in state "waiting-room"',
      hint: 'the agent can now join',
    });
  });
});

describe('reset', () => {
  it('keeps only the configured clients after POST /reset', async () => {
    const client = await d.createClient();
    const token = await d.token();
    await d.admin('POST', '/clock/advance', { by: '1h' });
    expect((await d.admin('POST', '/reset')).status).toBe(204);
    expect(
      (await d.admin('GET', '/clients')).json.items.map((c: { client_id: string }) => c.client_id),
    ).toEqual(['sandbox-client']);
    expect((await d.admin('GET', `/tokens/${token}`)).status).toBe(404);
    expect((await d.admin('GET', '/clock')).json.offsetMs).toBe(0);
    expect((await d.requestToken({ ...client })).status).toBe(401);
  });

  it('deletes the tokens of one client but keeps its credentials and all other clients', async () => {
    const [one, another] = [await d.createClient(), await d.createClient()];
    const [deletedToken, keptToken] = [await d.token(one), await d.token(another)];
    await d.admin('POST', '/reset', { client_id: one.client_id });
    expect((await d.admin('GET', `/tokens/${deletedToken}`)).status).toBe(404);
    expect((await d.admin('GET', `/tokens/${keptToken}`)).status).toBe(200);
    expect((await d.requestToken({ ...one })).status).toBe(200);
  });
});

describe('invalid control API request', () => {
  it.each<[string, string, string, unknown, number]>([
    ['an unknown route', 'GET', '/nothing', undefined, 404],
    ['an unknown client', 'GET', '/clients/ghost', undefined, 404],
    ['an unknown client in the query', 'GET', '/tokens?client_id=ghost', undefined, 404],
    ['an unknown token', 'POST', '/tokens/ghost/expire', {}, 404],
    ['an unknown call', 'POST', '/calls/ghost/agent', { action: 'join' }, 404],
    ['an unknown key', 'POST', '/clients', { clientid: 'x' }, 422],
    ['an unknown action', 'POST', '/calls/ghost/agent', { action: 'dance' }, 422],
    ['a negative duration', 'POST', '/clock/advance', { by: '-1h' }, 422],
    ['a missing duration', 'POST', '/clock/advance', {}, 422],
    ['an invalid date', 'POST', '/clock/freeze', { at: 'tomorrow' }, 422],
    ['an array as the body', 'POST', '/clients', [], 422],
  ])('rejects %s (%s %s) with a JSON error and no stack trace', async (_what, method, path, body, status) => {
    const answer = await d.admin(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: expect.any(String), message: expect.any(String) });
    expect(JSON.stringify(answer.json)).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
  });

  it('reports every problem of a request body at once', async () => {
    const { json } = await d.admin('POST', '/clients', { environment: 'moon', type: 'secret' });
    expect(json.message).toMatch(/environment.*type|type.*environment/s);
  });

  it('lists the allowed values and names the unknown key', async () => {
    const getMessage = async (body: object) => (await d.admin('POST', '/calls/v/agent', body)).json.message;
    expect(await getMessage({ action: 'dance' })).toContain('join, start, record, leave, end');
    expect(await getMessage({ action: 'join', foo: 1 })).toContain('foo');
  });

  it('answers a body that is not JSON with 400', async () => {
    const answer = await fetch(`${d.mock.adminUrl}/clients`, { method: 'POST', body: '{"client_id":' });
    expect(answer.status).toBe(400);
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain', 'json', ';;="', ''])(
    'parses a JSON body sent with Content-Type "%s"',
    async (type) => {
      const answer = await fetch(`${d.mock.adminUrl}/clock/advance`, {
        method: 'POST',
        body: '{"by":"1s"}',
        headers: { 'content-type': type },
      });
      expect(answer.status).toBe(200);
    },
  );

  it('answers a __proto__ key in the body with 400', async () => {
    const answer = await fetch(`${d.mock.adminUrl}/clients`, {
      method: 'POST',
      body: '{"__proto__":{"x":1}}',
    });
    expect(answer.status).toBe(400);
  });
});

/** Returns the response status. `fetch` does not send a custom Host or Origin. */
function requestStatus(headers: Record<string, string>): Promise<number> {
  const { port, hostname } = new URL(d.mock.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const lines = Object.entries({ Connection: 'close', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.on('error', reject);
    socket.once('data', (data) => resolve(Number(data.toString().split(' ')[1])));
    socket.write(`GET /__admin/clients HTTP/1.1\r\n${lines.join('')}\r\n`);
  });
}

describe('a wrong method of the control API', () => {
  it.each([
    ['GET', '/reset', 'only POST'],
    ['GET', '/clock/advance', 'only POST'],
    ['POST', '/health', 'only GET'],
    ['PUT', '/clients', 'only GET, POST'],
    ['OPTIONS', '/clients', 'only GET, POST'],
    ['POST', '/scenarios/mine', 'only GET, PUT, DELETE'],
    ['GET', '/calls/val-1/agent?client_id=x', 'only POST'],
  ])('%s %s is answered with the methods there are', async (method, path, only) => {
    // Not by `admin`, which checks answers against the description: these are none of its operations.
    const answer = await fetch(`${d.mock.adminUrl}${path}`, { method });
    expect(answer.status).toBe(404);
    const { message } = (await answer.json()) as Json;
    expect(message).toBe(`the control API has no ${method} /__admin${path.split('?', 1)[0]}, ${only}`);
  });
});

describe('a wrong path of the control API', () => {
  it.each([
    ['POST', '/reset/', '/reset'],
    ['GET', '/client', '/clients'],
    ['GET', '/findngs', '/findings'],
    ['GET', '/clients/sandbox-client/', '/clients/sandbox-client'],
  ])('%s %s is answered with the path that was meant', async (method, path, meant) => {
    const answer = await fetch(`${d.mock.adminUrl}${path}`, { method });
    expect([answer.status, ((await answer.json()) as Json).hint]).toEqual([
      404,
      `did you mean /__admin${meant}? GET /__admin/openapi.json describes it`,
    ]);
  });

  it('is answered with the description where nothing similar is there', async () => {
    const { hint } = (await (await fetch(`${d.mock.adminUrl}/xyzzy`)).json()) as Json;
    expect(hint).toBe('GET /__admin/openapi.json describes it');
  });
});

describe('control API on this machine', () => {
  it.each([
    ['127.0.0.1:4010', 200],
    ['localhost', 200],
    ['videocall.localhost:4010', 200],
    ['[::1]:4010', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
  ])('answers requests to host %s with %s', async (Host, status) => {
    expect(await requestStatus({ Host })).toBe(status);
  });

  it.each([
    ['http://127.0.0.1:4010', 200],
    ['http://evil.example', 403],
    ['http://127.0.0.1:3000', 403],
    ['null', 403],
  ])('answers requests from origin %s with %s', async (Origin, status) => {
    expect(await requestStatus({ Host: '127.0.0.1:4010', Origin })).toBe(status);
  });
});

describe.each([
  ['on this machine', undefined],
  ['reachable from other machines', '0.0.0.0'],
])('control API %s with a named origin', (_, host) => {
  const SHOP = 'http://localhost:3000';
  let named: Drive;
  beforeAll(async () => {
    named = await openDrive({ host, admin: { user: 'admin', password: 'secret', origins: [SHOP] } });
  });
  afterAll(() => named.mock.close());

  const ask = (method: string, path: string, headers: Record<string, string>) =>
    fetch(`${named.mock.adminUrl}${path}`, { method, headers });
  const authorization = `Basic ${btoa('admin:secret')}`;
  const preflight = (origin: string, method: string) =>
    ask('OPTIONS', '/clients', {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    });

  it.each(['POST', 'PUT', 'DELETE'])(
    'lets its pages send %s after a preflight without credentials',
    async (method) => {
      const { status, headers } = await preflight(SHOP, method);
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, SHOP]);
      expect(headers.get('access-control-allow-methods')).toContain(method);
      expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    },
  );

  it.each([
    ['POST', '/clients', 201],
    ['GET', '/nope', 404],
  ])('lets its pages read the answer to %s %s', async (method, path, status) => {
    const answer = await ask(method, path, { origin: SHOP, authorization });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, SHOP]);
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  it.each(['http://evil.example', 'http://localhost:3001', 'https://localhost:3000', 'null'])(
    'carries out nothing for pages of %s',
    async (origin) => {
      const count = async () =>
        ((await (await ask('GET', '/clients', { authorization })).json()) as { total: number }).total;
      const before = await count();
      const answers = [
        await preflight(origin, 'POST'),
        await ask('POST', '/clients', { origin, authorization }),
      ];
      for (const { status, headers } of answers)
        expect([status, headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(await count()).toBe(before);
    },
  );
});

describe('control API reachable from other machines', () => {
  it('requires the generated credentials, except for GET /health', async () => {
    const open = await openDrive({ host: '0.0.0.0' });
    try {
      const { user, password } = open.mock.adminCredentials ?? { user: '', password: '' };
      const status = async (pair: string) =>
        (await fetch(`${open.mock.adminUrl}/clients`, { headers: { authorization: `Basic ${btoa(pair)}` } }))
          .status;
      expect((await open.admin('GET', '/clients')).status).toBe(401);
      expect(await status(`${user}:wrong`)).toBe(401);
      expect(await status(`${user}:${password}`)).toBe(200);
      expect((await open.admin('GET', '/health')).status).toBe(200);
    } finally {
      await open.mock.close();
    }
  });
});

describe('scenario of a call', () => {
  const getPlayedScenario = async (client: Record<string, unknown>, validationId: string) => {
    const credentials = await d.createClient(client);
    await d.open(await d.token(credentials), validationId);
    const path = `/calls/${encodeURIComponent(validationId)}?client_id=${credentials.client_id}`;
    return (await d.admin('GET', path)).json.scenario;
  };

  it('plays the default scenario when no other is selected', async () => {
    expect(await getPlayedScenario({}, 'val-1')).toBe('manual');
  });

  it('plays the scenario of the client before the default scenario', async () => {
    expect(await getPlayedScenario({ scenario: 'agent-late' }, 'val-1')).toBe('agent-late');
  });

  it.each(['early-event', 'early-event~1', 'early-event~some thing~else'])(
    'plays the scenario named by the validation id "%s" before that of the client',
    async (validationId) => {
      expect(await getPlayedScenario({ scenario: 'agent-late' }, validationId)).toBe('early-event');
    },
  );

  it('ignores a validation id that only starts with a scenario name', async () => {
    expect(await getPlayedScenario({}, 'early-events')).toBe('manual');
  });

  it('plays the scenario set for the validation before the one its id names', async () => {
    await d.admin('PUT', '/validations/early-event', { scenario: 'completed-lost' });
    expect(await getPlayedScenario({}, 'early-event')).toBe('completed-lost');
  });

  it('plays the scenario of the next call of a client in that call only, whatever it selects', async () => {
    const client = await d.createClient({ scenario: 'agent-late' });
    const path = `/clients/${client.client_id}`;
    const getNext = async () => (await d.admin('GET', path)).json.next_scenario;
    const getPlayed = async (validationId: string) => {
      await d.open(await d.token(client), validationId);
      const query = `?client_id=${client.client_id}`;
      return (await d.admin('GET', `/calls/${validationId}${query}`)).json.scenario;
    };
    expect(await getPlayed('first')).toBe('agent-late');
    expect((await d.admin('PATCH', path, { next_scenario: 'completed-lost' })).status).toBe(200);
    // The page of a call that is open is loaded again.
    expect(await getPlayed('first')).toBe('agent-late');
    expect(await getNext()).toBe('completed-lost');
    expect(await getPlayed('early-event~1')).toBe('completed-lost');
    expect(await getNext()).toBeNull();
    expect(await getPlayed('second')).toBe('agent-late');

    await d.admin('PATCH', path, { next_scenario: 'not-found' });
    const accessToken = await d.token(client);
    await d.open(accessToken, 'third');
    const requests = (await d.admin('GET', '/requests?validation_id=third')).json.items;
    expect(requests[0].cause).toBe('VideocallNotFound');
    expect([await getNext(), await getPlayed('third')]).toEqual([null, 'agent-late']);
  });

  it('rejects an unknown scenario for the next call, and forgets a known one on reset', async () => {
    const { client_id } = await d.createClient();
    const patch = (next_scenario: string) => d.admin('PATCH', `/clients/${client_id}`, { next_scenario });
    const { status, json } = await patch('no-such');
    expect([status, json.errors[0].path]).toEqual([422, '/next_scenario']);
    await patch('manual');
    await d.admin('POST', `/reset?client_id=${client_id}`);
    expect((await d.admin('GET', `/clients/${client_id}`)).json.next_scenario).toBeNull();
  });

  it('rejects an unknown scenario for a validation with 422', async () => {
    expect((await d.admin('PUT', '/validations/v', { scenario: 'no-such' })).status).toBe(422);
  });
});

describe('manual call control', () => {
  const openCall = () => d.token().then((token) => d.open(token, 'v'));
  const readCall = async () => {
    const { json } = await d.admin('GET', '/calls/v');
    return [json.state, json.events.map(({ code }: { code: string }) => code)];
  };

  it('posts an event with any code', async () => {
    await openCall();
    const event = { type: 'info', code: 'SomethingElse', message: '' };
    expect((await d.admin('POST', '/calls/v/events', event)).json).toEqual({ page: 'none' });
    expect(await readCall()).toEqual(['waiting-room', ['SomethingElse']]);
  });

  it('fails a call and leaves its token active', async () => {
    await openCall();
    await d.admin('POST', '/calls/v/agent', { action: 'join' });
    await d.admin('POST', '/calls/v/fail', { code: 'VideocallServerNotOperational' });
    expect(await readCall()).toEqual(['error', ['VideocallLoading', 'VideocallServerNotOperational']]);
    expect((await d.admin('GET', '/tokens')).json.items[0].state).toBe('active');
  });

  it('answers an action on a failed call with 409', async () => {
    await openCall();
    await d.admin('POST', '/calls/v/fail', { code: 'VideocallNotFound' });
    expect((await d.admin('POST', '/calls/v/fail', { code: 'VideocallNotFound' })).status).toBe(409);
  });

  it('rejects an agent action sent as a signal with 422', async () => {
    await openCall();
    expect((await d.admin('POST', '/calls/v/signals', { name: 'agent-join' })).status).toBe(422);
  });

  it('answers a signal that no scenario waits for with 409', async () => {
    await openCall();
    const { status, json } = await d.admin('POST', '/calls/v/signals', { name: 'go' });
    expect([status, json.hint]).toEqual([409, 'it waits for no signal now']);
  });
});
