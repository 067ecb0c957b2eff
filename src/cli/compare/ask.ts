import { isUtf8 } from 'node:buffer';
import http from 'node:http';
import https from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
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
  HPE_HEADER_OVERFLOW:
    'the headers of its answer are too long for Node.js; see --max-http-header-size in NODE_OPTIONS',
};

/** What OpenSSL says of bytes that are no TLS. Everything else comes from a service that speaks it. */
const NOT_TLS = /wrong version number|packet length|record type|http request|unknown protocol/;

function describeTlsError(message: string): string {
  if (NOT_TLS.test(message)) return 'it does not speak TLS at this port; check the port, or write http://';
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
  return `no TLS connection (${reason}); check which versions of TLS it has, and whether it wants a client certificate, which compare cannot send`;
}

function describeError(error: NodeJS.ErrnoException): string {
  const { code = '', message } = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return describeTlsError(message);
  if (code in REASONS) return REASONS[code] as string;
  if (code.startsWith('HPE_')) return 'it does not answer in HTTP; check the port, or write https://';
  return `${message}${code === '' ? '' : ` (${code})`}`;
}

type Decoder = typeof gunzipSync;

/** Without the header of zlib, which some services leave out. RFC 9110, 8.4.1.2. */
const inflate: Decoder = (body, options) =>
  (Buffer.from(body as Buffer).readUInt8() & 0x0f) === 8
    ? inflateSync(body, options)
    : inflateRawSync(body, options);

const DECODERS = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflate],
  ['br', brotliDecompressSync],
]);

/** A body in UTF-8, or in the charset that its type names. */
function toText(body: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /;\s*charset="?([\w.:-]+)/i.exec(type) ?? [];
  try {
    return new TextDecoder(charset, { ignoreBOM: true }).decode(body);
  } catch {
    return body.toString();
  }
}

/** The body without the encodings that some proxies add although that was not asked for. The last one is outermost. */
function decode(body: Buffer, encodings = ''): Buffer {
  if (body.length === 0) return body;
  const names = encodings.toLowerCase().split(',').reverse();
  return names.reduce((encoded, name) => {
    const encoding = name.trim();
    const decoder = DECODERS.get(encoding);
    if (decoder === undefined && encoding !== '' && encoding !== 'identity' && !isUtf8(encoded))
      throw new Error(`its answer is encoded as ${encoding}, although compare accepts no encoding`);
    try {
      return decoder === undefined ? encoded : decoder(encoded, { maxOutputLength: MAX_BODY_BYTES });
    } catch (error) {
      throw new Error(`its answer cannot be decoded as ${encoding}: ${(error as Error).message}`);
    }
  }, body);
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
            const decoded = decode(Buffer.concat(chunks), headers['content-encoding']);
            const text = toText(decoded, headers['content-type'] ?? '');
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
