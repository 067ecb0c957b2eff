import type { Request } from './pact.ts';
import { text } from './pact.ts';

/** Requests to the authentication API, in the encodings of guide 5.2. */

export const CLIENT = { client_id: 'CLIENT_ID', client_secret: 'CLIENT_SECRET' };
export const CREDENTIALS = { 'the client credentials exist': CLIENT };
export const GRANT = { grant_type: 'client_credentials' };

/** Both what is sent and what is compared; any boundary will do. */
const BOUNDARY = 'mock-veridas-boundary';

type Fields = Readonly<Record<string, string>>;

export const createBasicHeader = ({ client_id, client_secret }: typeof CLIENT) => ({
  Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
});

const formatPart = ([name, value]: [string, string]) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

/** How a form is written into a body. */
export const ENCODINGS = {
  form: (fields: Fields) => ({
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: text(new URLSearchParams(fields).toString(), 'application/x-www-form-urlencoded'),
  }),
  multipart: (fields: Fields) => {
    const contentType = `multipart/form-data;boundary=${BOUNDARY}`;
    const body = `${Object.entries(fields).map(formatPart).join('')}--${BOUNDARY}--\r\n`;
    return {
      headers: { 'Content-Type': contentType },
      rules: {
        header: { 'Content-Type': { match: 'regex', regex: '^multipart/form-data;\\s*boundary=.+$' } },
      },
      body: { content: Buffer.from(body).toString('base64'), contentType, encoded: 'base64' as const },
    };
  },
};
export type Encoding = keyof typeof ENCODINGS;

/** A POST of a form. */
export function createPost(
  path: string,
  fields: Fields,
  encoding: Encoding = 'form',
  headers: Fields = {},
): Request {
  const encoded = ENCODINGS[encoding](fields);
  return { method: 'POST', path, ...encoded, headers: { ...headers, ...encoded.headers } };
}
