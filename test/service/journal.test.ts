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

describe('the journal', () => {
  it('tells of a request what came and what was answered', async () => {
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

  const whys: [string, () => Promise<unknown>, number, RegExp][] = [
    ['a wrong secret', () => d.requestToken({ client_secret: 'wrong' }), 401, /wrong client_secret/],
    ['an unknown client', () => d.requestToken({ client_id: 'x' }), 401, /no client with this client_id/],
    [
      'JSON',
      () => post('/o/token/', '{"grant_type":"client_credentials"}', { 'content-type': 'application/json' }),
      400,
      /in a form body/,
    ],
    [
      'a path without its last slash',
      () => post('/o/token', form(SANDBOX as never)),
      301,
      /last slash.*loses the body/,
    ],
    [
      'an answer that is 500',
      () => post('/o/token/?x=1', form({ grant_type: 'client_credentials' })),
      500,
      /breaks on a query/,
    ],
    ['a method', () => fetch(`${d.mock.url}/o/token/`), 405, /GET is not allowed/],
    ['an unknown path', () => fetch(`${d.mock.url}/oauth/token`), 404, /nothing at this path/],
    [
      'a broken multipart',
      () => post('/o/token/', 'x', { 'content-type': 'multipart/form-data' }),
      400,
      /boundary/,
    ],
    ['a call with an unknown token', () => d.open('nope', 'val-1'), 403, /never issued/],
    ['a call without a validation id', async () => d.open(await d.token(), ''), 200, /no validation_id/],
    ['a call by POST', () => post('/call', ''), 405, /only GET/],
    ['a wrong apikey', () => post('/validas/v1/validation', '', { apikey: 'x' }), 401, /apikey/],
  ];
  it.each(whys)('says why %s was refused', async (_, ask, status, reason) => {
    await ask();
    expect(await last()).toMatchObject({ status, reason: expect.stringMatching(reason) });
  });

  it('holds no secret that came in any place', async () => {
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

  it('holds no secret that has lost its name', async () => {
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
    [`/o/token?${'x'.repeat(8000)}`, 301, /last slash/],
  ])('misses no request: %.20s', async (address, status, reason) => {
    await post(address, '');
    const [entry] = await requests();
    expect(entry).toMatchObject({ status, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(entry).length).toBeLessThan(3000);
  });

  it.each([
    ['multipart without a boundary', 'multipart/form-data', 'x'],
    ['a thousand fields and more', 'application/x-www-form-urlencoded', 'a=1&'.repeat(1100)],
  ])('redirects where the slash is missing, also %s', async (_, type, body) => {
    expect((await post('/o/token', body, { 'content-type': type })).status).toBe(301);
  });

  it('names the client of a request whose body cannot be read', async () => {
    const authorization = `Basic ${Buffer.from('sandbox-client:x').toString('base64')}`;
    await post('/o/token/', 'x', { authorization, 'content-type': 'multipart/form-data' });
    expect(await last()).toMatchObject({ client_id: 'sandbox-client', status: 400, form: null });
  });

  it('tells tokens apart without giving them away', async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    const { query, validation_id } = await last();
    expect([query.access_token, validation_id]).toEqual([`…${token.slice(-4)}`, 'val-1']);
  });

  it('gives each client its own, and to nobody what no client can be named for', async () => {
    const client = await d.createClient();
    await d.token(client);
    await d.token();
    await fetch(`${d.mock.url}/nowhere`);
    const ids = async (query: string) => (await requests(query)).map(({ client_id }) => client_id);
    expect(await ids(`?client_id=${client.client_id}`)).toEqual([client.client_id]);
    expect(await ids('')).toEqual([client.client_id, 'sandbox-client', null]);
  });

  it('is found by method, path, status and validation, and counted', async () => {
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

  it('forgets the oldest of a client that sends much, and nothing of the others', async () => {
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

  it('is gone after a reset, of one client alone if named', async () => {
    await d.token();
    const client = await d.createClient();
    await d.token(client);
    await d.admin('POST', '/reset', { client_id: client.client_id });
    expect((await requests()).map(({ client_id }) => client_id)).toEqual(['sandbox-client']);
    await d.mock.reset();
    expect(await requests()).toEqual([]);
  });

  it('tells virtual time of the client', async () => {
    await d.mock.clock.freeze('2040-01-01T00:00:00.000Z');
    await d.token();
    expect((await last()).at).toBe('2040-01-01T00:00:00.000Z');
  });
});

describe('events', () => {
  it('tell when they were said, sent and posted, the earliest first', async () => {
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
