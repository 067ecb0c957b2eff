import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive, SANDBOX } from '../support/drive.ts';
import { openFakePage, parseSetup } from '../support/fake-page.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());
beforeEach(() => d.admin('POST', '/reset'));

const getFindings = async (): Promise<Json[]> => (await d.admin('GET', '/findings')).json.items;
const getRules = async (): Promise<string[]> =>
  (await getFindings()).map(({ rule }) => rule).filter((rule) => rule !== HOST);
/** These tests open the frame under the host for backends, which is always a finding of its own. */
const HOST = 'host-without-videocall';

const post = (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  fetch(`${d.mock.url}${path}`, {
    method: 'POST',
    body: new URLSearchParams({ ...SANDBOX, grant_type: 'client_credentials', ...fields }),
    headers,
    redirect: 'manual',
  });

describe('findings', () => {
  it('reports a repeated mistake once, with its place in the guide and how to fix it', async () => {
    await post('/o/token');
    await post('/o/token');
    expect(await getFindings()).toEqual([
      {
        rule: 'missing-trailing-slash',
        severity: 'error',
        guide: '5.2',
        title: expect.any(String),
        fix: expect.any(String),
        client_id: 'sandbox-client',
        seen: 'POST /o/token',
        first_at: expect.any(String),
        last_at: expect.any(String),
        times: 2,
      },
    ]);
  });

  it('lists a finding only for the client that made the mistake', async () => {
    const client = await d.createClient();
    await post('/o/token');
    expect((await d.admin('GET', `/findings?client_id=${client.client_id}`)).json.items).toEqual([]);
  });
});

describe('requests of tests in Node that run in a DOM', () => {
  it.each([
    'Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/26.1.0',
    'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HappyDOM/21.0.4',
  ])('do not show the secret to anyone: %s', async (userAgent) => {
    const headers = { 'user-agent': userAgent, origin: 'http://localhost:3000' };
    await post('/o/token/', {}, headers);
    await fetch(`${d.mock.url}/o/token/`, {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    expect(await getFindings()).toEqual([]);
  });
});

describe('findings from requests', () => {
  const page = { origin: 'http://shop.example', 'sec-fetch-site': 'cross-site' };
  /** Creates a token whose call has ended. */
  const createCompletedToken = async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    for (const action of ['join', 'end'] as const) await d.mock.call('val-1')[action]();
    return token;
  };
  /** Opens the frame as Firefox does. The value of `_newer` is not used: the token only has to exist. */
  const openAsFirefox = (token: string, _newer?: string) =>
    fetch(`${d.mock.url}/call?${new URLSearchParams({ access_token: token, validation_id: 'val-1' })}`, {
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0' },
    });
  const mistakes: [string, () => Promise<unknown>][] = [
    ['secret-in-browser', () => post('/o/token/', {}, page)],
    [
      'cors-preflight',
      () =>
        fetch(`${d.mock.url}/o/token/`, {
          method: 'OPTIONS',
          headers: { ...page, 'access-control-request-method': 'POST' },
        }),
    ],
    ['missing-trailing-slash', () => post('/o/revoke_token')],
    [
      'unsupported-body',
      () =>
        fetch(`${d.mock.url}/o/token/`, {
          method: 'POST',
          body: JSON.stringify({ grant_type: 'client_credentials' }),
          headers: { 'content-type': 'application/json' },
        }),
    ],
    ['service-breaks', () => post('/o/token/?grant_type=client_credentials')],
    [
      'token-shared',
      async () => {
        const token = await d.token();
        await d.open(token, 'val-1');
        await d.open(token, 'val-2');
      },
    ],
    ['token-reused', async () => d.open(await createCompletedToken(), 'val-1')],
    ['stale-iframe', async () => openAsFirefox(await createCompletedToken(), await d.token())],
    [
      'stale-iframe',
      async () => {
        const old = await d.token();
        await d.open(old, 'val-1');
        await post('/o/revoke_token/', { token: old });
        await openAsFirefox(old, await d.token());
      },
    ],
    // No unused newer token exists, so the integration itself reused the old one: this is no stale iframe.
    ['token-reused', async () => openAsFirefox(await createCompletedToken())],
    [
      'token-reused',
      async () => {
        const old = await createCompletedToken();
        await d.open(await d.token(), 'val-2');
        await openAsFirefox(old);
      },
    ],
    [
      'token-reused',
      async () => {
        const old = await createCompletedToken();
        await d.token();
        await d.open(old, 'val-1');
      },
    ],
    ['missing-validation-id', async () => d.open(await d.token(), '')],
    [
      'unconfirmed-validation',
      async () => {
        const headers = { apikey: SANDBOX.client_secret };
        const made = await fetch(`${d.mock.url}/validas/v1/validation`, { method: 'POST', headers });
        await d.open(await d.token(), ((await made.json()) as Json).data.id);
      },
    ],
    [
      'token-in-referer',
      async () =>
        fetch(`${d.mock.url}/asset`, {
          headers: { referer: `${d.mock.url}/call?access_token=${await d.token()}` },
        }),
    ],
    [
      'token-never-used',
      async () => [await d.token(), await d.admin('POST', '/clock/advance', { by: '1h' })],
    ],
    ['token-burst', () => Promise.all(Array.from({ length: 20 }, () => d.token()))],
  ];
  it.each(mistakes)('reports %s for a request', async (rule, make) => {
    await make();
    expect(await getRules()).toEqual([rule]);
  });

  it('reports token-shared for two pages open at the same time', async () => {
    const token = await d.token();
    const pages = [await openFakePage(d, token, 'val-1'), await openFakePage(d, token, 'val-1')];
    await expect.poll(getRules).toEqual(['token-shared']);
    for (const page of pages) page.disconnect();
  });

  it('reports host-without-videocall for a frame under the host for backends', async () => {
    await d.open(await d.token(), 'val-1');
    expect((await getFindings()).map(({ rule, seen }) => [rule, seen])).toEqual([
      [HOST, `at ${new URL(d.mock.url).host}`],
    ]);
  });

  it('limits the number of findings of one client', async () => {
    for (let i = 0; i < 260; i += 1) await post('/o/token', {}, { origin: `http://shop-${i}.example` });
    expect((await getFindings()).length).toBeLessThanOrEqual(201);
  });

  it('reports nothing for the requests of the guide', async () => {
    const token = await d.token();
    await d.open(token, 'val-1');
    await post('/o/revoke_token/', { token });
    expect(await getRules()).toEqual([]);
  });
});

describe('findings from pages', () => {
  const good = {
    topLevel: false,
    nested: false,
    secureContext: true,
    origin: 'http://videocall.localhost',
    parentOrigin: 'http://localhost',
    cameraAllowed: true,
    microphoneAllowed: true,
    width: 800,
    height: 600,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36',
    eventSource: true,
  };
  const reportDiagnostics = async (diagnostics: Json) => {
    const opened = await openFakePage(d, await d.token(), 'val-1');
    await opened.waitForText('waiting-room');
    const { pathname, search } = new URL(parseSetup(opened.opened.html).reports, d.mock.url);
    const body = JSON.stringify({ posted: [], diagnostics: { ...good, ...diagnostics } });
    expect((await fetch(`${d.mock.url}${pathname}${search}`, { method: 'POST', body })).status).toBe(204);
    opened.disconnect();
  };

  it.each([
    ['opened-top-level', { topLevel: true }, 'the page has no parent'],
    ['camera-not-allowed', { microphoneAllowed: false }, 'not allowed: microphone'],
    ['sandboxed-origin', { origin: 'null' }, 'its origin is "null"'],
    ['insecure-parent', { secureContext: false }, 'in a page at http://localhost'],
    ['frame-too-small', { height: 150 }, '800 x 150 pixels'],
    ['old-browser', { userAgent: 'Mozilla/5.0 Gecko/20100101 Firefox/51.0' }, 'Firefox 51.0'],
    ['old-browser', { userAgent: 'Mozilla/5.0 Chrome/56.0 Safari/537.36 Edge/15.15' }, 'Edge 15.15'],
    ['old-browser', { userAgent: 'Mozilla/5.0 (iPhone) Version/11.1 Mobile/15 Safari/604.1' }, 'Safari 11.1'],
  ])('reports %s for a page with %j', async (rule, diagnostics, seen) => {
    await reportDiagnostics(diagnostics);
    expect((await getFindings()).filter((one) => one.rule !== HOST)).toMatchObject([
      { rule, seen, times: 1 },
    ]);
  });

  it.each([
    [{}],
    [{ width: 0, height: 0 }],
    [{ cameraAllowed: null }],
    [{ secureContext: null, origin: null }],
  ])('reports nothing for a page with correct or unknown properties: %j', async (diagnostics) => {
    await reportDiagnostics(diagnostics);
    expect(await getRules()).toEqual([]);
  });
});
