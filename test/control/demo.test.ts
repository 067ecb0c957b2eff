import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { explainDrop } from '../../src/domain/listener.ts';
import { EVENTS } from '../../src/guide/events.ts';
import type { DemoCall } from '../../src/pages/demo/messages.ts';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { sendRaw } from '../support/raw-http.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ knownValidationsOnly: true });
});
afterAll(() => d.mock.close());
afterEach(() => d.admin('POST', '/reset'));

const postCall = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${d.mock.url}/__demo/calls`, { method: 'POST', body, headers });

async function createCall(scenario: string): Promise<{ call: DemoCall; query: URLSearchParams }> {
  const answer = await postCall(JSON.stringify({ scenario }));
  expect(answer.status).toBe(200);
  const call = (await answer.json()) as DemoCall;
  return { call, query: new URL(call.src).searchParams };
}
const openFrame = ({ query }: { query: URLSearchParams }) =>
  d.open(query.get('access_token') ?? '', query.get('validation_id') ?? '');

const fetchPage = async (base = d.mock.url) => (await fetch(`${base}/__demo`)).text();
const extractSnippet = (html: string, id: string) =>
  (new RegExp(`<pre id="${id}"[^>]*><code>(.*?)</code>`, 's').exec(html)?.[1] ?? '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('demo call', () => {
  it('opens at the browser URL and plays the chosen scenario, even with knownValidationsOnly', async () => {
    const demoCall = await createCall('agent-late');
    expect(new URL(demoCall.call.src).origin).toBe(d.mock.browserUrl);
    expect(demoCall.call.validation_id).toMatch(/^agent-late~demo-[a-z0-9]{8}$/);
    expect(demoCall.query.get('validation_id')).toBe(demoCall.call.validation_id);
    expect((await openFrame(demoCall)).state).toBe('waiting-room');
    const { json } = await d.admin('GET', `/calls/${demoCall.call.validation_id}`);
    expect(json).toMatchObject({ client_id: 'demo', scenario: 'agent-late' });
  });

  it('gets its token from the authentication API as client demo and leaves other clients alone', async () => {
    await createCall('happy');
    const { items } = (await d.admin('GET', '/requests?path=/o/token/')).json;
    expect(items).toMatchObject([{ client_id: 'demo', status: 200 }]);
    for (const kept of ['tokens', 'validations', 'requests', 'findings'])
      expect((await d.admin('GET', `/${kept}?client_id=sandbox-client`)).json.items).toEqual([]);
    expect((await d.admin('GET', '/findings')).json.items).toEqual([]);
  });

  it('creates a demo call with a new token after a reset', async () => {
    const before = await createCall('happy');
    await d.mock.reset();
    const after = await createCall('happy');
    expect(after.call.src).not.toBe(before.call.src);
    expect((await openFrame(after)).state).toBe('waiting-room');
  });

  it('offers and plays a scenario added through the control API', async () => {
    await d.admin('PUT', '/scenarios/of-mine', { description: 'Mine & yours', steps: [] });
    await createCall('of-mine');
    const html = await fetchPage();
    expect(html).toContain('<option>of-mine</option>');
    expect(html).toContain('Mine \\u0026 yours');
  });

  it.each([
    ['{', 400, 'not_json', /not valid JSON/],
    ['', 422, 'invalid', /scenario is missing/],
    ['{"scenario":"hapy"}', 422, 'invalid', /there is no scenario "hapy"; known: agent-late/],
    ['{"scenario":1}', 422, 'invalid', /scenario/],
    ['{"scenario":"happy","client_id":"other"}', 422, 'invalid', /'client_id' is not known here/],
    ['[]', 422, 'invalid', /a map with scenario/],
  ])('rejects the request body %s with %i and code %s', async (body, status, error, message) => {
    const answer = await postCall(body);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ error, message: expect.stringMatching(message) }),
    ]);
  });

  it.each([
    [{ status: 503 }, /status 503/],
    [{ kind: 'reset' }, /no answer/],
    [{ kind: 'malformed' }, /without a token/],
  ])('answers 503 with the reason when the token endpoint has the fault %j', async (fault, message) => {
    await d.admin('POST', '/faults', { endpoint: 'token', times: 1, ...fault });
    const answer = await postCall('{"scenario":"happy"}');
    expect([answer.status, ((await answer.json()) as Json).message]).toEqual([
      503,
      expect.stringMatching(message),
    ]);
    await createCall('happy');
  });
});

describe('demo page', () => {
  it('sends headers that allow the call frame, forbid framing the demo and send no referrer', async () => {
    const { headers, status } = await fetch(`${d.mock.url}/__demo`);
    expect(status).toBe(200);
    const csp = headers.get('content-security-policy');
    expect(csp).toContain(`frame-src ${d.mock.browserUrl};`);
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('redirects from the host name of the call frame to the demo URL', async () => {
    const { port } = new URL(d.mock.url);
    const answer = await sendRaw(d.mock.url, {
      method: 'GET',
      path: '/__demo',
      headers: [['Host', `videocall.localhost:${port}`]],
    });
    expect([answer.status, answer.headers.location]).toEqual([302, d.mock.demoUrl]);
    expect(d.mock.demoUrl).toBe(`http://localhost:${port}/__demo`);
  });

  it('shows snippets that work when copied', async () => {
    const run = new Function(
      `return (async () => {${extractSnippet(await fetchPage(), 'fetch')}; return access_token})()`,
    );
    expect(await run()).toMatch(/^[A-Za-z0-9]{30}$/);
    expect(extractSnippet(await fetchPage(), 'curl')).toContain(`${d.mock.url}/o/token/ `);
    expect(extractSnippet(await fetchPage(), 'frame')).toContain(`src="${d.mock.browserUrl}/call?`);
  });

  it('shows placeholders instead of configured credentials', async () => {
    const mine = { clientId: 'mine', clientSecret: 'only-mine' };
    const other = await openDrive({
      clients: [
        {
          ...mine,
          environment: 'sandbox',
          allowedIps: [],
          type: 'confidential',
          grantType: 'client-credentials',
        },
      ],
    });
    const html = await fetchPage(other.mock.url);
    expect(html).not.toContain('only-mine');
    expect(html).toContain('--user CLIENT_ID:CLIENT_SECRET');
    await other.mock.close();
  });

  it('answers any other path under /__demo with 404', async () => {
    const answer = await fetch(`${d.mock.url}/__demo/else`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        error: 'not_found',
        message: 'the demo has no GET /__demo/else',
        hint: 'GET /__demo is the demo page',
      },
    ]);
  });
});

describe('demo access control', () => {
  it('answers demo requests with another Host with 403', async () => {
    const headers = [['Host', 'rebound.example']] as const;
    for (const [method, path] of [
      ['GET', '/__demo'],
      ['POST', '/__demo/calls'],
    ] as const)
      expect((await sendRaw(d.mock.url, { method, path, headers })).status).toBe(403);
  });

  it('answers demo requests from another origin with 403', async () => {
    expect((await postCall('{"scenario":"happy"}', { origin: 'http://shop.example' })).status).toBe(403);
    expect((await postCall('{"scenario":"happy"}', { origin: d.mock.url })).status).toBe(200);
  });

  it('requires the admin credentials for the demo on a public host', async () => {
    const admin = { user: 'admin', password: 'secret', origins: [] };
    const exposed = await openDrive({ host: '0.0.0.0', admin });
    const get = (headers: Record<string, string>) => fetch(`${exposed.mock.url}/__demo`, { headers });
    const refused = await get({});
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic/);
    expect((await get({ authorization: `Basic ${btoa('admin:secret')}` })).status).toBe(200);
    await exposed.mock.close();
  });
});

describe('message listener of the guide', () => {
  const origin = 'http://videocall.localhost:4010';

  it.each(Object.values(EVENTS))('handles the event $code', (data) => {
    expect(explainDrop({ origin, data })).toBeUndefined();
  });

  it.each([
    ['http://elsewhere.localhost', EVENTS.VideocallCompleted, /its origin/],
    ['null', EVENTS.VideocallCompleted, /its origin null/],
    [origin, JSON.stringify(EVENTS.VideocallCompleted), /a string/],
    [origin, { ...EVENTS.VideocallCompleted, code: 'Other' }, /not in the guide/],
    [origin, { ...EVENTS.VideocallCompleted, code: 'toString' }, /not in the guide/],
    [origin, null, /no code/],
    [origin, { type: 'info' }, /no code/],
  ])('drops a message from origin %s with data %j', (from, data, why) => {
    expect(explainDrop({ origin: from, data })).toMatch(why);
  });
});
