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
  ])('of %s names %s', async (path, meant) => {
    expect(await journal(at(path))).toMatchObject({ status: 404, fix: `use ${meant}` });
  });

  it('without anything similar names all paths', async () => {
    expect(await journal(at('/xyzzy'))).toMatchObject({ fix: 'use /o/token/, /o/revoke_token/ or /call' });
  });

  it('without the trailing slash names the path with it', async () => {
    expect(await journal(at('/o/token'))).toMatchObject({
      status: 301,
      fix: 'send the request to /o/token/',
    });
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
  ])('%s is a finding that suggests %s', async (id, meant) => {
    expect(await findMeant(id)).toEqual([expect.stringContaining(`did you mean ${meant}?`)]);
  });

  it.each(['agent-late~c1', 'agent-late', 'manual~1', 'manual-3', 'val-1', 'happy_1', '1234', 'señor~', '~'])(
    '%s is no finding',
    async (id) => expect(await findMeant(id)).toEqual([]),
  );
});
