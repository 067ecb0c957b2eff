import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { ask } from '../../src/cli/compare/ask.ts';

const BODY = '{"access_token":"ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf"}';

/** Asks a service that answers with `body`, whatever encoding was accepted. */
async function askFor(encoding: string, body: Buffer, type = 'application/json') {
  let accepted: string | undefined;
  const server = createServer((request, response) => {
    accepted = request.headers['accept-encoding'];
    response.writeHead(200, { 'content-encoding': encoding, 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = await ask(address, { method: 'GET', path: '/', headers: {}, body: '' }, 30_000);
  expect(accepted).toBe('identity');
  return answer.text;
}

it.each([
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, br', (body: string) => brotliCompressSync(gzipSync(body))],
  // Some services name their charset there.
  ['utf-8', Buffer.from],
  ['identity', Buffer.from],
] as const)('compare reads an answer that comes in %s, though it asks for none', async (encoding, encode) => {
  expect(await askFor(encoding, encode(BODY))).toBe(BODY);
});

it.each([
  ['text/plain; charset=iso-8859-1', Buffer.from('señal', 'latin1')],
  ['text/plain;charset="utf-16le"', Buffer.from('señal', 'utf16le')],
  ['text/plain; charset=unknown', Buffer.from('señal')],
  ['text/plain', Buffer.from('señal')],
])('compare reads an answer of type %s', async (type, body) => {
  expect(await askFor('identity', body, type)).toBe('señal');
});

it('compare refuses an encoding that it does not know', async () => {
  await expect(askFor('zstd', Buffer.from('28b52ffd', 'hex'))).rejects.toThrow(
    'its answer is encoded as zstd, although compare accepts no encoding',
  );
});

it('compare reads an empty answer in gzip', async () => {
  expect(await askFor('gzip', Buffer.alloc(0))).toBe('');
});

it.each([
  ['is none', Buffer.from(BODY), /its answer cannot be decoded as gzip: incorrect header check/],
  [
    'is cut off',
    gzipSync(BODY).subarray(0, 20),
    /its answer cannot be decoded as gzip: unexpected end of file/,
  ],
  [
    'becomes too long',
    gzipSync(Buffer.alloc(5_000_000)),
    /its answer cannot be decoded as gzip: .*larger than/,
  ],
])('compare refuses an answer in gzip that %s', async (_, body, message) => {
  await expect(askFor('gzip', body)).rejects.toThrow(message);
});
