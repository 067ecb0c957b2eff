import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { ask } from '../../src/cli/compare/ask.ts';

const BODY = '{"access_token":"ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf"}';

/** Asks a service that answers with `body`, whatever encoding was accepted. */
async function askFor(encoding: string, body: Buffer) {
  let accepted: string | undefined;
  const server = createServer((request, response) => {
    accepted = request.headers['accept-encoding'];
    response.writeHead(200, { 'content-encoding': encoding }).end(body);
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
  ['br', brotliCompressSync],
  ['identity', Buffer.from],
] as const)('compare reads an answer that comes in %s, though it asks for none', async (encoding, encode) => {
  expect(await askFor(encoding, encode(BODY))).toBe(BODY);
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
