import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive, SANDBOX } from '../support/drive.ts';
import { type RawRequest, sendRaw } from '../support/raw-http.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive();
  await d.admin('POST', '/clients', { client_id: 'plus', client_secret: 'a+b%41&c' });
});
afterAll(() => d.mock.close());

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
const GRANT = 'grant_type=client_credentials';
const GOOD = `${GRANT}&client_id=${SANDBOX.client_id}&client_secret=${SANDBOX.client_secret}`;
const PAIR = `${SANDBOX.client_id}:${SANDBOX.client_secret}`;

const post = (body: string | Buffer, ...headers: NonNullable<RawRequest['headers']>[number][]) => ({
  method: 'POST',
  path: '/o/token/',
  headers: [FORM, ...headers],
  body: Buffer.from(body),
});
const postWith = (authorization: string) => post(GRANT, ['Authorization', authorization]);
const withSecret = (secret: string) =>
  post(`${GRANT}&client_id=${SANDBOX.client_id}&client_secret=${encodeURIComponent(secret)}`);
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const multipart = (...parts: string[]) => ({
  ...post(`${parts.map((part) => `--b\r\nContent-Disposition: form-data; ${part}`).join('')}--b--\r\n`),
  headers: [['Content-Type', 'multipart/form-data; boundary=b']] as const,
});
const at = (path: string, method = 'POST'): RawRequest => ({
  ...post(method === 'POST' ? GOOD : ''),
  method,
  path,
});
const compressed = (encoding: string, body: Buffer) => post(body, ['Content-Encoding', encoding]);

/** Sends a request, and returns its journal entry. */
async function journal(request: RawRequest): Promise<Json> {
  await sendRaw(d.mock.url, request);
  return (await d.admin('GET', '/requests')).json.items.at(-1);
}

describe('the explanation of a refused token request', () => {
  const rows: [what: string, request: RawRequest, status: number, reason: RegExp, fix: RegExp][] = [
    [
      'JSON',
      { ...post('{}'), headers: [['Content-Type', 'application/json']] },
      400,
      /is application\/json/,
      /x-www-form/,
    ],
    ['JSON labelled as a form', post(`{"grant_type":"x"}`), 400, /body is JSON, although/, /x-www-form/],
    ['XML labelled as a form', post('<a>b</a>'), 400, /body is XML, although/, /x-www-form/],
    [
      'multipart labelled as a form',
      post('--b\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--b--\r\n'),
      400,
      /body is multipart, although/,
      /leave the Content-Type out/,
    ],
    [
      'a Content-Type in capitals',
      { ...post(GOOD), headers: [['Content-Type', 'Application/X-WWW-Form-Urlencoded']] },
      400,
      /"Application\/X-WWW-Form-Urlencoded"/,
      /^write application\/x-www-form-urlencoded$/,
    ],
    [
      'a charset in Content-Encoding',
      {
        ...post('{}'),
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Encoding', 'UTF-8'],
        ],
      },
      400,
      /is application\/json/,
      /x-www-form/,
    ],
    [
      'grantType',
      post(GOOD.replace('grant_type', 'grantType')),
      400,
      /"grantType" in place/,
      /^write grant_type$/,
    ],
    [
      'a misspelt client_id',
      post(GOOD.replace('client_id', 'clinet_id')),
      401,
      /"clinet_id"/,
      /^write client_id$/,
    ],
    [
      'clientSecret',
      post(GOOD.replace('client_secret', 'clientSecret')),
      401,
      /"clientSecret"/,
      /client_secret$/,
    ],
    ['a body in single quotes', post(`'${GOOD}'`), 400, /begins with a quotation mark/, /cmd\.exe/],
    ['a byte order mark', post(`\ufeff${GOOD}`), 400, /byte order mark/, /without one/],
    [
      'a grant_type with a line break',
      post(`client_id=a&${GRANT}\n`),
      400,
      /grant_type has a line/,
      /line break/,
    ],
    [
      'a form whose first name is in brackets',
      post('[0]=x&client_id=sandbox-client&client_secret=sandbox-secret'),
      400,
      /^grant_type is missing$/,
      /form body/,
    ],
    [
      'another grant in quotation marks',
      post(`${GOOD}&grant_type=%22password%22`),
      400,
      /must be client_credentials/,
      /form body/,
    ],
    [
      'a grant that lacks its token, at the token endpoint',
      post('grant_type=refresh_token&access_token=abc'),
      400,
      /^refresh_token is missing$/,
      /client_credentials/,
    ],
    [
      'a name that may be a secret',
      post(`${GRANT}&client_id=sandbox-client&client_secret%3D8675309`),
      401,
      /another name in place of "client_secret"/,
      /^write client_secret$/,
    ],
    [
      'the token to revoke as access_token',
      { ...post('access_token=abc'), path: '/o/revoke_token/' },
      400,
      /"access_token" in place of "token"/,
      /^write token$/,
    ],
    ['a body without a type', { ...post(GOOD), headers: [] }, 400, /no Content-Type/, /x-www-form/],
    ['no body', post(''), 400, /no body/, /redirect/],
    [
      'a body in gzip',
      compressed('gzip', gzipSync(GOOD)),
      400,
      /compressed \(Content-Encoding: gzip\)/,
      /uncompressed/,
    ],
    [
      'a body in brotli',
      compressed('br', brotliCompressSync(GOOD)),
      400,
      /Content-Encoding: br\)/,
      /uncompressed/,
    ],
    [
      'a body in deflate',
      compressed('deflate', deflateSync(GOOD)),
      400,
      /Content-Encoding: deflate/,
      /uncomp/,
    ],
    [
      'a body in zstd',
      compressed('zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])),
      400,
      /Encoding: zstd/,
      /uncomp/,
    ],
    [
      'the grant as a file',
      multipart('name="grant_type"; filename="grant_type"\r\n\r\nclient_credentials\r\n'),
      400,
      /part "grant_type" has a filename/,
      /without filename/,
    ],
    [
      'the secret as a file',
      multipart(
        'name="grant_type"\r\n\r\nclient_credentials\r\n',
        'name="client_id"\r\n\r\nsandbox-client\r\n',
        'name="client_secret"; filename="s"\r\n\r\nsandbox-secret\r\n',
      ),
      401,
      /part "client_secret" has a filename/,
      /without filename/,
    ],
    [
      'the scheme basic',
      postWith(basic(PAIR).replace('B', 'b')),
      401,
      /"basic".*only the spelling "Basic"/,
      /capital B/,
    ],
    ['the scheme BASIC', postWith(basic(PAIR).replace('Basic', 'BASIC')), 401, /"BASIC"/, /capital B/],
    ['no space after Basic', postWith(basic(PAIR).replace(' ', '')), 401, /no space after "Basic"/, /base64/],
    ['the scheme Bearer', postWith('Bearer abc'), 401, /scheme Bearer/, /Basic/],
    ['Basic alone', postWith('Basic'), 401, /nothing after "Basic"/, /base64/],
    ['credentials that are not encoded', postWith(`Basic ${PAIR}`), 401, /not base64/, /base64/],
    ['base64 without padding', postWith(basic(PAIR).replace(/=+$/, '')), 401, /padding/, /=/],
    ['url-safe base64', postWith('Basic Pz8-Pz8_Og=='), 401, /url-safe base64/, /standard alphabet/],
    ['base64 without a colon', postWith(basic('abc')), 401, /ID:SECRET/, /base64/],
    [
      'a secret with a line break',
      withSecret('sandbox-secret\n'),
      401,
      /a line break at its end/,
      /line break/,
    ],
    ['a Basic secret with a line break', postWith(basic(`${PAIR}\r\n`)), 401, /a line break/, /line break/],
    ['a secret with a space', withSecret(' sandbox-secret'), 401, /spaces around it/, /spaces/],
    [
      'a secret in quotation marks',
      withSecret('"sandbox-secret"'),
      401,
      /quotation marks/,
      /quotation marks/,
    ],
    ['an empty secret', withSecret(''), 401, /it is empty/, /form/],
    ['a secret that is not set', withSecret('$CLIENT_SECRET'), 401, /placeholder/, /variable/],
    ['a secret encoded twice', withSecret('sandbox%2Dsecret'), 401, /encoded twice/, /once/],
    ['a plus in a Basic secret', postWith(basic('plus:a+b%41&c')), 401, /not percent-encoded/, /%2B/],
    [
      'a plus in a form',
      post(`${GRANT}&client_id=plus&client_secret=a+b%41%26c`),
      401,
      /not percent-encoded/,
      /%2B/,
    ],
    [
      'a client_id with a line break',
      post(`${GRANT}&client_id=x%0A&client_secret=y`),
      401,
      /line break/,
      /line break/,
    ],
    [
      'Basic credentials in UTF-16',
      postWith(`Basic ${Buffer.from(PAIR, 'utf16le').toString('base64')}`),
      401,
      /a NUL in it, as in UTF-16/,
      /UTF-8/,
    ],
    [
      'an unknown client_id',
      post(`${GRANT}&client_id=x&client_secret=y`),
      401,
      /no client with this/,
      /--client/,
    ],
    [
      'another secret',
      withSecret('other'),
      401,
      /wrong client_secret for client "sandbox-client"$/,
      /\/clients/,
    ],
    [
      'the token to revoke as a file',
      { ...multipart('name="token"; filename="t"\r\n\r\nabc\r\n'), path: '/o/revoke_token/' },
      400,
      /part "token" has a filename/,
      /without filename/,
    ],
    ['a GET', at('/o/token/', 'GET'), 405, /GET is not allowed/, /send a POST.*trailing slash/],
  ];
  it.each(rows)('names %s', async (_, request, status, reason, fix) => {
    expect(await journal(request)).toMatchObject({
      status,
      reason: expect.stringMatching(reason),
      fix: expect.stringMatching(fix),
    });
  });

  it.each([
    ['two spaces after Basic', basic(PAIR).replace(' ', '  ')],
    ['encoded Basic credentials', basic('plus:a%2Bb%2541%26c')],
  ])('is absent for %s, which the service reads', async (_, authorization) => {
    expect(await journal(postWith(authorization))).toMatchObject({ status: 200, reason: null, fix: null });
  });

  it('repeats neither an unknown id nor a secret', async () => {
    for (const request of [withSecret('my-other-secret'), post(`${GRANT}&client_id=my-other-secret`)])
      expect(JSON.stringify(await journal(request))).not.toContain('my-other-secret');
  });

  it('shows the Content-Encoding in the journal', async () => {
    const { headers } = await journal(compressed('gzip', gzipSync(GOOD)));
    expect(headers['content-encoding']).toBe('gzip');
  });
});

describe('the explanation of a wrong path', () => {
  it.each([
    ['/token', '/o/token/'],
    ['/oauth/token', '/o/token/'],
    ['/oauth2/token', '/o/token/'],
    ['/oauth2/v1/token/', '/o/token/'],
    ['/o/tokens/', '/o/token/'],
    ['/o/token//', '/o/token/'],
    ['//o/token/', '/o/token/'],
    ['/O/Token/', '/o/token/'],
    ['/o/revoke', '/o/revoke_token/'],
    ['/o/revoke-token/', '/o/revoke_token/'],
    ['/revoke_token/', '/o/revoke_token/'],
    ['/call/', '/call'],
    ['/calls', '/call'],
    ['/admin', '/__admin'],
    ['/readyz', '/__admin/health'],
    ['/metrics', '/__admin/metrics'],
    ['/reset', '/__admin/reset'],
    ['/validas/v1/validations', 'POST /validas/v1/validation'],
    ['/validas/v1/validation/1/confirmation', 'PUT /validas/v1/validation/ID/confirmation'],
  ])('of %s names %s', async (path, meant) => {
    expect(await journal(at(path))).toMatchObject({ status: 404, fix: `use ${meant}` });
  });

  it.each(['/xyzzy', '/static/x', '/rest/x', '/preset'])('of %s names all paths', async (path) => {
    expect(await journal(at(path))).toMatchObject({ fix: 'use /o/token/, /o/revoke_token/ or /call' });
  });

  it('of a program that waits for / names the path that tells when it is ready', async () => {
    expect(await journal(at('/', 'GET'))).toMatchObject({
      fix: expect.stringMatching(/ask \/__admin\/health$/),
    });
  });

  it('without the trailing slash names the path with it', async () => {
    expect(await journal(at('/o/token'))).toMatchObject({
      status: 301,
      fix: 'send the request to /o/token/',
    });
  });
});

describe('the explanation of a call that does not open', () => {
  const get = (query: string): RawRequest => ({ method: 'GET', path: `/call?${query}`, headers: [] });
  it.each([
    ['a placeholder', 'access_token=undefined&validation_id=v', /is a placeholder/, /variable/],
    ['a template', 'access_token=%24%7BTOKEN%7D&validation_id=v', /is a placeholder/, /variable/],
    ['quotation marks', 'access_token=%22abc%22&validation_id=v', /quotation marks/, /quotation marks/],
    ['a line break', 'access_token=abc%0A&validation_id=v', /line break/, /line break/],
    ['a scheme', 'access_token=Bearer%20abc&validation_id=v', /"Bearer" before it/, /alone/],
    ['accessToken', 'accessToken=abc&validation_id=v', /"accessToken" in place/, /^write access_token$/],
    ['token', 'token=abc&validation_id=v', /"token" in place/, /^write access_token$/],
    ['an escaped &', 'validation_id=v&amp;access_token=abc', /&amp; between/, /write & alone/],
    ['nothing like it', 'validation_id=v', /no access_token/, /\/o\/token\//],
  ])('names %s', async (_, query, reason, fix) => {
    expect(await journal(get(query))).toMatchObject({
      reason: expect.stringMatching(reason),
      fix: expect.stringMatching(fix),
    });
  });

  it.each([
    ['validationId=v', /"validationId" in place/, /^write validation_id$/],
    ['amp;validation_id=v', /&amp; between/, /write & alone/],
  ])('names %s', async (query, reason, fix) => {
    expect(await journal(get(`access_token=${await d.token()}&${query}`))).toMatchObject({
      reason: expect.stringMatching(reason),
      fix: expect.stringMatching(fix),
    });
  });
});

describe('a placeholder as a validation id', () => {
  const findSeen = async (validationId: string): Promise<string[]> => {
    await d.admin('POST', '/reset');
    await d.open(await d.token(), validationId);
    return (await d.mock.findings())
      .filter(({ rule }) => rule === 'placeholder-validation-id')
      .map(({ seen }) => seen);
  };

  it.each(['undefined', 'null', '[object Object]', '$ID', '{{id}}', '<id>'])(
    '%s is a finding',
    async (id) => {
      expect(await findSeen(id)).toEqual([`GET /call with validation_id=${id}`]);
    },
  );

  it.each([
    'val-1',
    'nullable',
    'a{b}',
    '{3f2504e0-4f89-11d3-9a0c-0305e82c3301}',
    '{3F2504E04F8911D39A0C0305E82C3301}',
    '$100',
    '<0001>',
    '{{a=b&client_secret=c}}',
  ])('%s is no finding', async (id) => {
    expect(await findSeen(id)).toEqual([]);
  });
});

describe('a validation id that misspells a scenario', () => {
  const findMeant = async (validationId: string): Promise<string[]> => {
    await d.admin('POST', '/reset');
    await d.admin('PUT', '/scenarios/my-own-one', { name: 'my-own-one', steps: [] });
    await d.open(await d.token(), validationId);
    return (await d.mock.findings())
      .filter(({ rule }) => rule === 'misspelt-scenario')
      .map(({ seen }) => seen);
  };

  it.each([
    ['agent-lat~c1', 'agent-late'],
    ['agent_late~c1', 'agent-late'],
    ['agentlate~c1', 'agent-late'],
    ['Agent-Late~c1', 'agent-late'],
    ['agent late~c1', 'agent-late'],
    ['agent-late:c1', 'agent-late'],
    ['agent-late-c1', 'agent-late'],
    ['agent_late_c1', 'agent-late'],
    ['agent-lat', 'agent-late'],
    ['manul~1', 'manual'],
    ['manual_1', 'manual'],
    ['Manual', 'manual'],
    ['my-own-on~1', 'my-own-one'],
    ['agentLate', 'agent-late'],
    ['notfound', 'not-found'],
  ])('%s is a finding that suggests %s', async (id, meant) => {
    expect(await findMeant(id)).toEqual([expect.stringContaining(`did you mean ${meant}?`)]);
  });

  it.each([
    'agent-late~c1',
    'agent-late',
    'manual~1',
    'manual-3',
    'val-1',
    'c1~manual',
    'happy_1',
    '1234',
    'señor~',
    '~',
  ])('%s is no finding', async (id) => expect(await findMeant(id)).toEqual([]));
});
