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

const order = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${d.mock.url}/__demo/calls`, { method: 'POST', body, headers });

async function called(scenario: string): Promise<{ call: DemoCall; query: URLSearchParams }> {
  const answer = await order(JSON.stringify({ scenario }));
  expect(answer.status).toBe(200);
  const call = (await answer.json()) as DemoCall;
  return { call, query: new URL(call.src).searchParams };
}
const opened = ({ query }: { query: URLSearchParams }) =>
  d.open(query.get('access_token') ?? '', query.get('validation_id') ?? '');

const page = async (base = d.mock.url) => (await fetch(`${base}/__demo`)).text();
const snippet = (html: string, id: string) =>
  (new RegExp(`<pre id="${id}"[^>]*><code>(.*?)</code>`, 's').exec(html)?.[1] ?? '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('a call of the demo', () => {
  it('is at the address for browsers, and plays what was chosen, whichever validations are known', async () => {
    const made = await called('agent-late');
    expect(new URL(made.call.src).origin).toBe(d.mock.browserUrl);
    expect(made.call.validation_id).toMatch(/^agent-late~demo-[a-z0-9]{8}$/);
    expect(made.query.get('validation_id')).toBe(made.call.validation_id);
    expect((await opened(made)).state).toBe('waiting-room');
    const { json } = await d.admin('GET', `/calls/${made.call.validation_id}`);
    expect(json).toMatchObject({ client_id: 'demo', scenario: 'agent-late' });
  });

  it('has its token from the authentication API, as the journal shows, and nobody else is concerned', async () => {
    await called('happy');
    const { items } = (await d.admin('GET', '/requests?path=/o/token/')).json;
    expect(items).toMatchObject([{ client_id: 'demo', status: 200 }]);
    for (const kept of ['tokens', 'validations', 'requests', 'findings'])
      expect((await d.admin('GET', `/${kept}?client_id=sandbox-client`)).json.items).toEqual([]);
    expect((await d.admin('GET', '/findings')).json.items).toEqual([]);
  });

  it('can be had again after a reset, with another token', async () => {
    const before = await called('happy');
    await d.mock.reset();
    const after = await called('happy');
    expect(after.call.src).not.toBe(before.call.src);
    expect((await opened(after)).state).toBe('waiting-room');
  });

  it('plays a scenario that was put in', async () => {
    await d.admin('PUT', '/scenarios/of-mine', { description: 'Mine & yours', steps: [] });
    await called('of-mine');
    const html = await page();
    expect(html).toContain('<option>of-mine</option>');
    expect(html).toContain('Mine \\u0026 yours');
  });

  it.each([
    ['{', 400, 'not_json', /no JSON/],
    ['', 422, 'invalid', /scenario is missing/],
    ['{"scenario":"hapy"}', 422, 'invalid', /there is no scenario "hapy"; known: agent-late/],
    ['{"scenario":1}', 422, 'invalid', /scenario/],
    ['{"scenario":"happy","client_id":"other"}', 422, 'invalid', /'client_id' is not known here/],
    ['[]', 422, 'invalid', /a map with scenario/],
  ])('is refused for %s in the words of the control API', async (body, status, error, message) => {
    const answer = await order(body);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ error, message: expect.stringMatching(message) }),
    ]);
  });

  it.each([
    [{ status: 503 }, /status 503/],
    [{ kind: 'reset' }, /no answer/],
    [{ kind: 'malformed' }, /without a token/],
  ])('is not to be had where a fault %j strikes, and the page is told why', async (fault, message) => {
    await d.admin('POST', '/faults', { endpoint: 'token', times: 1, ...fault });
    const answer = await order('{"scenario":"happy"}');
    expect([answer.status, ((await answer.json()) as Json).message]).toEqual([
      503,
      expect.stringMatching(message),
    ]);
    await called('happy');
  });
});

describe('the demo page', () => {
  it('may frame the call, be framed by nobody, and tells nobody where it is', async () => {
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

  it('sends whoever asks under the name of the frame to another origin', async () => {
    const { port } = new URL(d.mock.url);
    const answer = await sendRaw(d.mock.url, {
      method: 'GET',
      path: '/__demo',
      headers: [['Host', `videocall.localhost:${port}`]],
    });
    expect([answer.status, answer.headers.location]).toEqual([302, d.mock.demoUrl]);
    expect(d.mock.demoUrl).toBe(`http://localhost:${port}/__demo`);
  });

  it('shows code that works as it is copied', async () => {
    const run = new Function(
      `return (async () => {${snippet(await page(), 'fetch')}; return access_token})()`,
    );
    expect(await run()).toMatch(/^[A-Za-z0-9]{30}$/);
    expect(snippet(await page(), 'curl')).toContain(`${d.mock.url}/o/token/ `);
    expect(snippet(await page(), 'frame')).toContain(`src="${d.mock.browserUrl}/call?`);
  });

  it('shows no credentials but those that everybody knows', async () => {
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
    const html = await page(other.mock.url);
    expect(html).not.toContain('only-mine');
    expect(html).toContain('--user CLIENT_ID:CLIENT_SECRET');
    await other.mock.close();
  });

  it('has nothing else', async () => {
    const answer = await fetch(`${d.mock.url}/__demo/else`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: 'not_found', message: 'the demo has no GET /__demo/else', hint: 'GET /__demo shows it' },
    ]);
  });
});

describe('the demo is guarded as the control API is', () => {
  it('against names of other machines', async () => {
    const headers = [['Host', 'rebound.example']] as const;
    for (const [method, path] of [
      ['GET', '/__demo'],
      ['POST', '/__demo/calls'],
    ] as const)
      expect((await sendRaw(d.mock.url, { method, path, headers })).status).toBe(403);
  });

  it('against pages of other origins', async () => {
    expect((await order('{"scenario":"happy"}', { origin: 'http://shop.example' })).status).toBe(403);
    expect((await order('{"scenario":"happy"}', { origin: d.mock.url })).status).toBe(200);
  });

  it('against other machines that have no password', async () => {
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

describe('the listener of the guide', () => {
  const origin = 'http://videocall.localhost:4010';

  it.each(Object.values(EVENTS))('does something about $code', (data) => {
    expect(explainDrop({ origin, data })).toBeUndefined();
  });

  it.each([
    ['http://elsewhere.localhost', EVENTS.VideocallCompleted, /its origin/],
    ['null', EVENTS.VideocallCompleted, /its origin null/],
    [origin, JSON.stringify(EVENTS.VideocallCompleted), /a text/],
    [origin, { ...EVENTS.VideocallCompleted, code: 'Other' }, /no such code/],
    [origin, { ...EVENTS.VideocallCompleted, code: 'toString' }, /no such code/],
    [origin, null, /no code/],
    [origin, { type: 'info' }, /no code/],
  ])('drops what comes from %s with %j', (from, data, why) => {
    expect(explainDrop({ origin: from, data })).toMatch(why);
  });
});
