import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { type RawAnswer, sendRaw } from '../support/raw-http.ts';

type Header = readonly [string, string];

/** What a proxy, balancer, content delivery network or tunnel adds. */
const FORWARDED: readonly Header[] = [
  ['Forwarded', 'for=203.0.113.7;proto=https'],
  ['X-Forwarded-For', '203.0.113.7'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['x-forwarded-host', 'shop.example'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Port', '443'],
  ['X-Forwarded-Server', 'proxy'],
  ['X-Forwarded', ''],
  ['X-Real-IP', '203.0.113.7'],
  ['Via', '1.1 proxy'],
  ['X-Original-Forwarded-For', '203.0.113.7'],
  ['X-Original-Host', 'shop.example'],
  ['X-Client-IP', '203.0.113.7'],
  ['True-Client-IP', '203.0.113.7'],
  ['X-Cluster-Client-IP', '203.0.113.7'],
  ['X-Azure-ClientIP', '203.0.113.7'],
  ['X-Envoy-External-Address', '203.0.113.7'],
  ['CF-Connecting-IP', '203.0.113.7'],
  ['CDN-Loop', 'cdn'],
];

const BASIC: Header = ['Authorization', `Basic ${btoa('admin:secret')}`];
const WRONG: Header = ['Authorization', `Basic ${btoa('admin:wrong')}`];

/** Everything that only this machine may use. */
const LOCAL_PATHS = [
  '/__admin/clients',
  '/__admin/requests',
  '/__console/',
  '/__console/console.js',
  '/__demo/',
];

const ask = (d: Drive, path: string, headers: readonly Header[]): Promise<RawAnswer> =>
  sendRaw(d.mock.url, { method: 'GET', path, headers });

describe('behind a proxy on the same machine', () => {
  let d: Drive;
  beforeAll(async () => {
    d = await openDrive({ trustProxy: ['127.0.0.1'] });
  });
  afterAll(() => d.mock.close());

  it.each(FORWARDED)(
    'refuses the control API, console and demo to a request with %s: %s',
    async (...header) => {
      for (const path of LOCAL_PATHS) {
        const { status, body } = await ask(d, path, [header]);
        const name = header[0].toLowerCase();
        expect([status, JSON.parse(body.toString())]).toEqual([
          403,
          {
            error: 'forbidden',
            message: `the control API answers on this machine only, and the header ${name} says that a proxy forwarded the request`,
            hint: 'use http://127.0.0.1 without the proxy, or start with --admin-password and send credentials',
          },
        ]);
      }
    },
  );

  it('refuses a forwarded reset', async () => {
    const headers: Header[] = [['X-Forwarded-For', '127.0.0.1']];
    const { status } = await sendRaw(d.mock.url, { method: 'POST', path: '/__admin/reset', headers });
    expect(status).toBe(403);
  });

  it('answers requests without such headers, and health to everyone', async () => {
    for (const path of LOCAL_PATHS) expect((await ask(d, path, [['Accept', '*/*']])).status).toBe(200);
    expect((await ask(d, '/__admin/health', [['Via', '1.1 proxy']])).status).toBe(200);
  });

  it('serves the imitated service through a proxy', async () => {
    const { status } = await ask(d, '/call', [['X-Forwarded-For', '203.0.113.7']]);
    expect(status).toBe(403);
    const { items } = (await d.admin('GET', '/requests')).json;
    expect(items.at(-1)).toMatchObject({ from: '203.0.113.7', reason: 'the URL has no access_token' });
  });
});

describe('behind a proxy on the same machine with --admin-password', () => {
  let d: Drive;
  beforeAll(async () => {
    d = await openDrive({ admin: { user: 'admin', password: 'secret', origins: [] } });
  });
  afterAll(() => d.mock.close());

  it.each(FORWARDED)('asks for credentials of a request with %s: %s', async (...header) => {
    for (const path of LOCAL_PATHS) {
      const statusOf = async (...more: Header[]) => (await ask(d, path, [header, ...more])).status;
      expect([await statusOf(), await statusOf(WRONG), await statusOf(BASIC)]).toEqual([401, 401, 200]);
    }
  });

  it('accepts any host from a proxy with credentials, and foreign pages not even then', async () => {
    const headers: Header[] = [['Host', 'mock.example'], ['Via', '1.1 proxy'], BASIC];
    expect((await ask(d, '/__admin/clients', headers)).status).toBe(200);
    expect((await ask(d, '/__admin/clients', [...headers, ['Origin', 'http://evil.example']])).status).toBe(
      403,
    );
  });

  it('gives a forwarded request the report of the console', async () => {
    const headers: Header[] = [['Host', 'mock.example'], ['X-Forwarded-For', '203.0.113.7'], BASIC];
    const { status, body } = await ask(d, '/__console/report.html', headers);
    expect([status, body.toString()]).toEqual([200, expect.stringMatching(/^<!doctype html>/i)]);
  });

  it.each<[string, Header[], RegExp]>([
    ['without credentials', [], /requires Basic credentials/],
    ['with a wrong password', [WRONG], /wrong user or password/],
    ['with another scheme', [['Authorization', 'Bearer x']], /cannot read the Authorization header/],
    ['with credentials that are not encoded', [['Authorization', 'Basic admin:secret']], /cannot read/],
  ])('tells a forwarded request %s what is wrong', async (_, headers, message) => {
    const { status, body } = await ask(d, '/__admin/clients', [['Via', '1.1 proxy'], ...headers]);
    expect([status, JSON.parse(body.toString())]).toMatchObject([
      401,
      {
        message: expect.stringMatching(message),
        hint: '--admin-user, --admin-password',
      },
    ]);
  });

  it('tells a page without an origin how it can be allowed', async () => {
    const { body } = await ask(d, '/__admin/clients', [['Origin', 'null']]);
    expect(JSON.parse(body.toString()).hint).toMatch(/serve it at an address/);
  });

  it('needs no credentials without a proxy, and keeps foreign hosts out', async () => {
    expect((await d.admin('GET', '/clients')).status).toBe(200);
    expect((await ask(d, '/__admin/clients', [['Host', 'evil.example'], BASIC])).status).toBe(403);
  });
});
