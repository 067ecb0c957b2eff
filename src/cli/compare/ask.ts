import http from 'node:http';
import https from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { VERSION } from '../../system/package.ts';
import type { Request } from './questions.ts';

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  /** In lower case; repeated ones are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly tookMs: number;
}

/** There was no answer; the message says why, and what to do. */
export class NoAnswer extends Error {}

const MAX_BODY_BYTES = 1_000_000;

const UNKNOWN_AUTHORITY =
  'its certificate is signed by an authority that Node.js does not know; set NODE_EXTRA_CA_CERTS to a file with the ' +
  'authority (PEM)';

/** Why a connection fails, by the code of the error. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved; check the host in --target',
  EAI_AGAIN: 'its name cannot be resolved now; check the host in --target and the network',
  ECONNREFUSED: 'nothing listens there; check host and port in --target',
  EHOSTUNREACH: 'there is no way to this address; check the network',
  ENETUNREACH: 'there is no way to this address; check the network',
  ECONNRESET: 'it closed the connection before it answered',
  EPIPE: 'it closed the connection before it answered',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; check the host in --target',
  EPROTO: 'it does not speak TLS at this port; check the port, or write http://',
};

function describeError(error: NodeJS.ErrnoException): string {
  const { code = '', message } = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  if (code.startsWith('ERR_SSL_')) return REASONS.EPROTO as string;
  if (code.startsWith('HPE_')) return 'it does not answer in HTTP; check the port, or write https://';
  return REASONS[code] ?? `${message}${code === '' ? '' : ` (${code})`}`;
}

const DECODERS = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/** The text of a body, which some proxies compress although that was not asked for. */
function decode(body: Buffer, encoding = 'identity'): string {
  const decoder = DECODERS.get(encoding.toLowerCase());
  if (decoder === undefined || body.length === 0) return body.toString();
  try {
    return decoder(body, { maxOutputLength: MAX_BODY_BYTES }).toString();
  } catch (error) {
    throw new Error(`its answer cannot be decoded as ${encoding}: ${(error as Error).message}`);
  }
}

/**
 * Sends one request on a connection of its own. Follows no redirect, so that the credentials go nowhere else.
 *
 * @param address of the service, without a slash at its end
 * @throws {NoAnswer}
 */
export function ask(
  address: string,
  { method, path, headers, body }: Request,
  timeoutMs: number,
): Promise<RawAnswer> {
  const url = new URL(`${address}${path}`);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new NoAnswer(`it did not answer within ${timeoutMs / 1000} s`));
      request.destroy();
    }, timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(new NoAnswer(describeError(error)));
    };
    const own = {
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': `mock-veridas-compare/${VERSION}`,
      connection: 'close',
      ...(method === 'POST' && { 'content-length': String(Buffer.byteLength(body)) }),
    };
    const request = (url.protocol === 'https:' ? https : http).request(
      url,
      { method, headers: { ...own, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= MAX_BODY_BYTES) chunks.push(chunk);
          else request.destroy(new Error(`its answer is longer than ${MAX_BODY_BYTES} bytes`));
        });
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          const headers = Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
          );
          try {
            const text = decode(Buffer.concat(chunks), headers['content-encoding']);
            const tookMs = performance.now() - startedAt;
            resolve({ status: response.statusCode ?? 0, headers, text, tookMs });
          } catch (error) {
            fail(error as Error);
          }
        });
      },
    );
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      fail(new Error('it answers 101 and leaves HTTP; check host and port in --target'));
    });
    request.on('error', fail);
    request.end(body);
  });
}
