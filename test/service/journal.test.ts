import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive, SANDBOX } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual', journalSize: 50 });
});
afterAll(() => d.mock.close());
beforeEach(() => d.admin('POST', '/reset'));

const requests = async (query = ''): Promise<Json[]> =>
  (await d.admin('GET', `/requests${query}`)).json.items;
const last = async (query = ''): Promise<Json> => (await requests(query)).at(-1);
const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${d.mock.url}${path}`, { method: 'POST', body, headers, redirect: 'manual' });
const form = (fields: Record<string, string>) => new URLSearchParams(fields);

describe('journal', () => {
  it('records a request and its answer', async () => {
    await d.requestToken();
    expect(await last()).toMatchObject({
      client_id: 'sandbox-client',
      method: 'POST',
      path: '/o/token/',
      form: { grant_type: 'client_credentials', client_id: 'sandbox-client', client_secret: '***' },
      from: expect.stringMatching(/127\.0\.0\.1|::1/),
      status: 200,
      reason: null,
    });
  });

  const reasons: [string, () => Promise<unknown>, number, RegExp][] = [
    ['a wrong secret', () => d.requestToken({ client_secret: 'wrong' }), 401, /wrong client_secret/],
    ['an unknown client', () => d.requestToken({ client_id: 'x' }), 401, /no client with this client_id/],
    [
      'JSON in the body',
      () => post('/o/token/', '{"grant_type":"client_credentials"}', { 'content-type': 'application/json' }),
      400,
      /the body is application\/json.*only forms/,
    ],
    [
      'a path without its trailing slash',
      () => post('/o/token', form(SANDBOX as never)),
      301,
      /trailing slash.*drops the request body/,
    ],
    [
      'a query on the token endpoint',
      () => post('/o/token/?x=1', form({ grant_type: 'client_credentials' })),
      500,
      /a query string makes the token endpoint fail/,
    ],
    ['a GET of the token endpoint', () => fetch(`${d.mock.url}/o/token/`), 405, /GET is not allowed/],
    ['an unknown path', () => fetch(`${d.mock.url}/oauth/token`), 404, /no such path/],
    [
      'a broken multipart body',
      () => post('/o/token/', 'x', { 'content-type': 'multipart/form-data' }),
      400,
      /boundary/,
    ],
    ['a call with an unknown token', () => d.open('nope', 'val-1'), 403, /never issued/],
    ['a call without a validation id', async () => d.open(await d.token(), ''), 200, /no validation_id/],
    ['a call by POST', () => post('/call', ''), 405, /use GET/],
    ['a wrong apikey', () => post('/validas/v1/validation', '', { apikey: 'x' }), 401, /apikey/],
  ];
  it.each(reasons)('records the reason for the answer to %s', async (_, ask, status, reason) => {
    await ask();
    expect(await last()).toMatchObject({ status, reason: expect.stringMatching(reason) });
  });

  it('redacts secrets in every part of a request', async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    const basic = `Basic ${Buffer.from('sandbox-client:sandbox-secret').toString('base64')}`;
    await post('/o/revoke_token/', form({ token, password: 'pass-word-1' }), {
      authorization: basic,
      cookie: 'session=cookie-1',
      'x-api-key': 'key-1',
      referer: `http://shop/call?access_token=${token}`,
    });
    await d.requestToken({ client_id: 'sandbox-secret', client_secret: 'sandbox-client' });
    await post('/o/token/', JSON.stringify({ client_secret: 'sandbox-secret' }), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    await fetch(`${d.mock.url}/unknown?client_secret=sandbox-secret`);
    const all = JSON.stringify(await requests());
    for (const secret of ['sandbox-secret', token, basic.slice(6), 'pass-word-1', 'cookie-1', 'key-1']) {
      expect(all).not.toContain(secret);
    }
  });

  it('redacts secrets that are sent without their name', async () => {
    const token = await d.token();
    await fetch(`${d.mock.url}/call?${token}`);
    await post('/o/revoke_token/', token, { 'content-type': 'application/x-www-form-urlencoded' });
    await post(`/o/token/&client_secret=sandbox-secret`, '');
    await post('/o/token/', '', { authorization: 'sandbox-secret x' });
    const all = JSON.stringify(await requests());
    expect([all.includes(token), all.includes('sandbox-secret')]).toEqual([false, false]);
  });

  it.each([
    ['/o/token/%zz', 404, /cannot be decoded/],
    [`/o/token?${'x'.repeat(8000)}`, 301, /trailing slash/],
  ])('records a request even if its path is malformed or long: %.20s', async (address, status, reason) => {
    await post(address, '');
    const [entry] = await requests();
    expect(entry).toMatchObject({ status, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(entry).length).toBeLessThan(3000);
  });

  it.each([
    ['multipart without a boundary', 'multipart/form-data', 'x'],
    ['more than a thousand fields', 'application/x-www-form-urlencoded', 'a=1&'.repeat(1100)],
  ])('redirects a path without its trailing slash, even for %s', async (_, type, body) => {
    expect((await post('/o/token', body, { 'content-type': type })).status).toBe(301);
  });

  it('records the client of a request whose body cannot be read', async () => {
    const authorization = `Basic ${Buffer.from('sandbox-client:x').toString('base64')}`;
    await post('/o/token/', 'x', { authorization, 'content-type': 'multipart/form-data' });
    expect(await last()).toMatchObject({ client_id: 'sandbox-client', status: 400, form: null });
  });

  it('records the last characters of a token only', async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    const { query, validation_id } = await last();
    expect([query.access_token, validation_id]).toEqual([`…${token.slice(-4)}`, 'val-1']);
  });

  it('filters requests by client, and lists requests without a client only unfiltered', async () => {
    const client = await d.createClient();
    await d.token(client);
    await d.token();
    await fetch(`${d.mock.url}/nowhere`);
    const ids = async (query: string) => (await requests(query)).map(({ client_id }) => client_id);
    expect(await ids(`?client_id=${client.client_id}`)).toEqual([client.client_id]);
    expect(await ids('')).toEqual([client.client_id, 'sandbox-client', null]);
  });

  it('filters and counts requests by method, path, status and validation', async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    await d.open(token, 'val-2');
    await d.requestToken({ client_secret: 'wrong' });
    expect(
      (await requests('?path=/call&validation_id=val-2')).map(({ query }) => query.validation_id),
    ).toEqual(['val-2']);
    expect((await d.admin('GET', '/requests/count?path=/o/token/&status=401')).json).toEqual({ count: 1 });
    const found = await requests('?method=post&status=200');
    expect(found.map(({ path }) => path)).toEqual(['/o/token/']);
    const [first] = await requests();
    expect(await requests(`?after=${first.id}`)).toHaveLength(3);
  });

  it('drops the oldest requests of a busy client and none of another client', async () => {
    const quiet = await d.createClient();
    await d.token(quiet);
    for (let i = 0; i < 60; i += 1) await d.open('nope', `val-${i}`);
    const crowd = (await requests()).filter(({ client_id }) => client_id === null);
    expect([crowd.length, crowd[0].validation_id, crowd.at(-1).validation_id]).toEqual([
      50,
      'val-10',
      'val-59',
    ]);
    expect(await requests(`?client_id=${quiet.client_id}`)).toHaveLength(1);
  });

  it('clears the journal on a reset, for one client only if it is named', async () => {
    await d.token();
    const client = await d.createClient();
    await d.token(client);
    await d.admin('POST', '/reset', { client_id: client.client_id });
    expect((await requests()).map(({ client_id }) => client_id)).toEqual(['sandbox-client']);
    await d.mock.reset();
    expect(await requests()).toEqual([]);
  });

  it('records the virtual time of the client', async () => {
    await d.mock.clock.freeze('2040-01-01T00:00:00.000Z');
    await d.token();
    expect((await last()).at).toBe('2040-01-01T00:00:00.000Z');
  });
});

describe('events', () => {
  it('lists when events were emitted, pushed and posted, earliest first', async () => {
    const page = await openFakePage(d, await d.token(), 'val-1');
    await page.waitForText('"state":"waiting-room"');
    const acted = d.admin('POST', '/calls/val-1/agent', { action: 'join' });
    await page.waitForText('VideocallLoading');
    await page.report(0);
    await acted;
    page.disconnect();
    await d.open(await d.token(), 'val-2');
    await d.mock.call('val-2').join();
    const { items } = (await d.admin('GET', '/events')).json;
    expect(items).toMatchObject([
      { validation_id: 'val-1', id: 0, code: 'VideocallLoading', posted_at: expect.any(String) },
      { validation_id: 'val-2', id: 0, code: 'VideocallLoading', pushed_at: null, posted_at: null },
    ]);
    expect(items[0].pushed_at <= items[0].posted_at).toBe(true);
  });
});
