import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { sendRaw } from '../support/raw-http.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive();
});
afterAll(() => d.mock.close());

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=b';
const FIELDS = { grant_type: 'client_credentials', ...SANDBOX };
const GOOD = new URLSearchParams(FIELDS).toString();

/** A part of a multipart body. `more` follows the name: parameters, then header lines. */
const part = (name: string, value: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const parts = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => part(name, value))
    .join('');
const ALL = parts(FIELDS);
const END = '--b--\r\n';
const { client_secret, ...WITHOUT_SECRET } = FIELDS;

const post = (type: string, body: string, path = '/o/token/') =>
  sendRaw(d.mock.url, {
    method: 'POST',
    path,
    headers: [['Content-Type', type]],
    body: Buffer.from(body, 'latin1'),
  });

const FILE = part('f', 'x', '; filename="a"');
const TOO_LARGE = 'x'.repeat(2_621_441);

describe('forms that the imitated framework reads', () => {
  it.each<[string, string, string]>([
    ['1,000 urlencoded fields', FORM, `${GOOD}${'&x=1'.repeat(997)}`],
    ['urlencoded fields named like properties of every object', FORM, `${GOOD}&__proto__=1&constructor=2`],
    ['1,000 fields as multipart', MULTIPART, `${ALL}${part('x', '1').repeat(997)}${END}`],
    ['100 files', MULTIPART, `${ALL}${FILE.repeat(100)}${END}`],
    [
      'a file that is larger than the fields may be',
      MULTIPART,
      `${part('f', TOO_LARGE, '; filename="a"')}${ALL}${END}`,
    ],
    ['a field named __proto__', MULTIPART, `${part('__proto__', 'x')}${ALL}${END}`],
    ['a field named constructor', MULTIPART, `${ALL}${part('constructor', 'x')}${END}`],
    ['a file named __proto__', MULTIPART, `${part('__proto__', 'x', '; filename="a"')}${ALL}${END}`],
    [
      'a secret that is declared to be JSON',
      MULTIPART,
      `${parts(WITHOUT_SECRET)}${part('client_secret', client_secret, '\r\nContent-Type: application/json')}${END}`,
    ],
    [
      'a secret in base64',
      MULTIPART,
      `${parts(WITHOUT_SECRET)}${part('client_secret', btoa(client_secret), '\r\nContent-Transfer-Encoding: base64')}${END}`,
    ],
    [
      'names with spaces around them',
      MULTIPART,
      ALL.replaceAll('name="client_id"', 'name=" client_id "') + END,
    ],
    ['a body without its end', MULTIPART, ALL.slice(0, -'\r\n'.length)],
    ['a boundary in quotation marks', 'multipart/form-data; boundary="b"', `${ALL}${END}`],
  ])('issues a token for %s', async (_what, type, body) => {
    expect((await post(type, body)).status).toBe(200);
  });
});

describe('forms that the imitated framework refuses', () => {
  it.each<[string, string, string, RegExp]>([
    ['1,001 urlencoded fields', FORM, `${GOOD}${'&x=1'.repeat(998)}`, /too many fields/],
    ['an urlencoded form of more than 2.5 MB', FORM, `${GOOD}&x=${TOO_LARGE}`, /too many bytes/],
    ['1,001 fields as multipart', MULTIPART, `${ALL}${part('x', '1').repeat(998)}${END}`, /too many fields/],
    ['101 files', MULTIPART, `${ALL}${FILE.repeat(101)}${END}`, /too many files/],
    ['a field of more than 2.5 MB', MULTIPART, `${ALL}${part('x', TOO_LARGE)}${END}`, /too many bytes/],
    [
      'fields of more than 2.5 MB together',
      MULTIPART,
      `${ALL}${part('x', TOO_LARGE.slice(0, 1_400_000)).repeat(2)}${END}`,
      /too many bytes/,
    ],
    [
      'JSON of more than 2.5 MB',
      MULTIPART,
      `${ALL}${part('x', TOO_LARGE, '\r\nContent-Type: application/json')}${END}`,
      /too many bytes/,
    ],
    ['multipart without a boundary', 'multipart/form-data', ALL, /no usable boundary/],
    ['multipart with an empty boundary', 'multipart/form-data; boundary=', ALL, /no usable boundary/],
    ['a boundary beyond ASCII', 'multipart/form-data; boundary=b\xe9', ALL, /no usable boundary/],
  ])('answers %s with the Bad Request page', async (_what, type, body, reason) => {
    const { status, headers, body: page } = await post(type, body);
    expect([status, headers['content-type']]).toEqual([400, 'text/html']);
    expect(page.toString()).toContain('<h1>Bad Request (400)</h1>');
    const { items } = (await d.admin('GET', '/requests')).json;
    expect(items.at(-1)).toMatchObject({ status: 400, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['with fields that are too large, before it ends', `${ALL}${part('x', TOO_LARGE)}--b`],
    [
      'of more than 10 MiB in several files',
      `${ALL}${part('f', TOO_LARGE.slice(0, 2 ** 20), '; filename="a"').repeat(11)}${END}`,
    ],
    ['of more than 10 MiB before its parts', `${TOO_LARGE.repeat(5)}\r\n${ALL}${END}`],
    ['of more than 10 MiB after its parts', `${ALL}${END}${TOO_LARGE.repeat(5)}`],
  ])('refuses a chunked multipart body %s', async (_what, body) => {
    const { hostname, port } = new URL(d.mock.url);
    const socket = connect(Number(port), hostname);
    const chunk = (text: string) => socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
    socket.write(
      `POST /o/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: ${MULTIPART}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    chunk(body);
    if (body.includes(END)) socket.write('0\r\n\r\n');
    const answer = await new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});

describe('bodies that are no form for the imitated framework', () => {
  it.each([
    ['empty', ''],
    ['not a media type', 'form'],
    ['punctuation', ';;;="'],
    ['two types', `${FORM}, text/plain`],
    ['in capitals', 'Application/X-WWW-Form-Urlencoded'],
    ['multipart in capitals', 'Multipart/Form-Data; boundary=b'],
    ['JSON', 'application/json'],
  ])('does not read a body whose content type is %s', async (_what, type) => {
    const { status, body } = await post(type, GOOD);
    expect([status, body.toString()]).toEqual([400, '{"error": "unsupported_grant_type"}']);
    const { items } = (await d.admin('GET', '/requests')).json;
    expect(items.at(-1)).toMatchObject({ form: null, headers: { 'content-type': type } });
  });

  it.each([
    ['/call', 405],
    ['/validas/v1/validation', 401],
    ['/nowhere', 404],
    ['/o/token', 301],
  ])('does not read a body at %s, whatever its content type', async (path, expected) => {
    expect((await post('no media type', GOOD, path)).status).toBe(expected);
    expect((await post(MULTIPART, `${ALL}${END}`, path)).status).toBe(expected);
  });
});

it('reads an urlencoded form in its charset, and byte by byte where it is not UTF-8', async () => {
  const stateOf = async (type: string, state: string) =>
    JSON.parse((await post(type, `${GOOD}&scope=x&state=${state}`)).body.toString()).state;
  expect(await stateOf(FORM, 'caf\xc3\xa9')).toBe('café');
  expect(await stateOf(FORM, 'caf\xe9')).toBe('café');
  expect(await stateOf(FORM, '\xef\xbf\xbd')).toBe('\ufffd');
  expect(await stateOf(`${FORM}; charset=iso-8859-1`, 'caf\xe9%E9')).toBe('caféé');
});
