import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { type RawRequest, sendRaw } from '../support/raw-http.ts';

/** Requests with recorded answers, and the expected kind of answer. */
const RECORDED: Record<
  string,
  { path: string; fields: Record<string, string>; status: number; body: RegExp }
> = {
  'a good token request': {
    path: '/o/token/',
    fields: { grant_type: 'client_credentials', ...SANDBOX },
    status: 200,
    body: /^\{"access_token": "\w{30}", "expires_in": 3600/,
  },
  'a wrong secret': {
    path: '/o/token/',
    fields: { grant_type: 'client_credentials', ...SANDBOX, client_secret: 'not it' },
    status: 401,
    body: /^\{"error": "invalid_client"\}$/,
  },
  'an unknown grant': {
    path: '/o/token/',
    fields: { grant_type: 'implicit', ...SANDBOX },
    status: 400,
    body: /^\{"error": "unsupported_grant_type"\}$/,
  },
  'an unknown scope': {
    path: '/o/token/',
    fields: { grant_type: 'client_credentials', ...SANDBOX, scope: 'read everything' },
    status: 400,
    body: /^\{"error": "invalid_scope"\}$/,
  },
  'a revocation': {
    path: '/o/revoke_token/',
    fields: { token: 'never-issued', ...SANDBOX },
    status: 200,
    body: /^$/,
  },
  'a revocation of nothing': {
    path: '/o/revoke_token/',
    fields: { ...SANDBOX },
    status: 400,
    body: /"Missing token parameter\."\}$/,
  },
};

type Fields = [string, string][];
type Parts = Pick<RawRequest, 'headers' | 'body'>;

const encodeAll = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const plus = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');

const form = (fields: Fields, write = plus, writeName = write): Buffer =>
  Buffer.from(fields.map(([name, value]) => `${writeName(name)}=${write(value)}`).join('&'));

const urlencoded = (body: Buffer, header = 'Content-Type', more = ''): Parts => ({
  headers: [[header, `application/x-www-form-urlencoded${more}`]],
  body,
});

function multipart(fields: Fields, boundary: string, declared: string, partHeaders = ''): Parts {
  const parts = fields.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${partHeaders}\r\n\r\n${value}\r\n`,
  );
  return {
    headers: [['Content-Type', `multipart/form-data; boundary=${declared}`]],
    body: Buffer.from(`${parts.join('')}--${boundary}--\r\n`),
  };
}

const isCredential = ([name]: [string, string]) => name.startsWith('client_');

function basic(fields: Fields, header: string, write: (pair: string) => string): Parts {
  const credentials = fields.filter(isCredential).map(([, value]) => value);
  const { headers = [], body } = urlencoded(form(fields.filter((field) => !isCredential(field))));
  return { headers: [[header, `Basic ${write(credentials.join(':'))}`], ...headers], ...(body && { body }) };
}

/** Other ways to send the same fields. */
const VARIATIONS: Record<string, (fields: Fields) => Parts> = {
  'with the fields in another order': (fields) => urlencoded(form(fields.toReversed())),
  'with every letter of the values escaped': (fields) => urlencoded(form(fields, encodeAll, plus)),
  'with every letter of the names escaped': (fields) => urlencoded(form(fields, plus, encodeAll)),
  'with a header name in small letters': (fields) => urlencoded(form(fields), 'content-type'),
  'with a header name in capitals': (fields) => urlencoded(form(fields), 'CONTENT-TYPE'),
  'with other values before the ones that count': (fields) =>
    urlencoded(form([...fields.map(([name]) => [name, 'overridden'] as [string, string]), ...fields])),
  'with unknown fields between them': (fields) =>
    urlencoded(form(fields.flatMap((field, i) => [[`x${i}`, 'y'] as [string, string], field]))),
  'with stray separators': (fields) => urlencoded(Buffer.from(`&&${form(fields)}&&`)),
  'with another charset': (fields) => urlencoded(form(fields), 'Content-Type', '; charset=ISO-8859-1'),
  'with an unknown charset': (fields) => urlencoded(form(fields), 'Content-Type', ';charset="x-none"'),
  'as multipart': (fields) => multipart(fields, 'b', 'b'),
  'as multipart with a quoted boundary': (fields) => multipart(fields, 'a b:c', '"a b:c"'),
  'as multipart with more headers in its parts': (fields) =>
    multipart(fields, 'b', 'b; charset=utf-8', '\r\nContent-Type: text/plain\r\nX-Part: 1'),
  'as multipart in another order': (fields) => multipart(fields.toReversed(), 'b', 'b'),
  'as Basic': (fields) => basic(fields, 'Authorization', btoa),
  'as Basic with a header name in small letters': (fields) => basic(fields, 'authorization', btoa),
  'as Basic with the credentials escaped': (fields) =>
    basic(fields, 'Authorization', (pair) => btoa(pair.split(':').map(encodeAll).join(':'))),
  'as Basic with an extra space before the credentials': (fields) =>
    basic(fields, 'Authorization', (pair) => ` ${btoa(pair)}`),
};

describe('variations of recorded requests', () => {
  let d: Drive;
  beforeAll(async () => {
    d = await openDrive();
  });
  afterAll(() => d.mock.close());

  describe.each(Object.entries(RECORDED))('%s', (_recorded, { path, fields, status, body }) => {
    it.each(Object.entries(VARIATIONS))('gives the recorded answer %s', async (_variation, write) => {
      const answer = await sendRaw(d.mock.url, { method: 'POST', path, ...write(Object.entries(fields)) });
      expect(answer.status).toBe(status);
      expect(answer.body.toString()).toMatch(body);
    });
  });
});
