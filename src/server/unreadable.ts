import { type IncomingHttpHeaders, METHODS } from 'node:http';

/** Requests that no route sees, because their bytes are not HTTP or the TLS handshake failed. */

/** Such a request, as far as it could be read. */
export interface UnreadableRequest {
  /** Empty when there was no readable request line. */
  readonly method: string;
  /** The request target; empty like the method. */
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Address of the socket. */
  readonly from: string | undefined;
  /** Undefined when nothing could be answered. */
  readonly status?: number;
  /** What is wrong and how to fix it. Contains no text of the client but names of methods and headers. */
  readonly reason: string;
  /** A route answers it, and records it with this reason. */
  readonly isRouted?: true;
}

/** Records a request that cannot be read; it is answered afterwards. */
export type OnUnreadable = (request: UnreadableRequest) => Promise<void>;

/** An error of Node's HTTP parser or of a socket. */
export interface ClientError extends Error {
  readonly code?: string;
  /** The parser's own words. */
  readonly reason?: string;
  /** The bytes that were being parsed, and how many of them were read. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

type IsSpoken = (packet: Buffer, text: string) => boolean;

/** Protocols that are not HTTP/1, by the first bytes of a connection. */
const PROTOCOLS: readonly (readonly [isSpoken: IsSpoken, reason: string])[] = [
  // RFC 8446, 5.1: a handshake record.
  [
    ([type, major]) => type === 22 && major === 3,
    'a client speaks TLS here: use http:// or start with --https',
  ],
  // RFC 9113, 3.4.
  [
    (_, text) => text.startsWith('PRI * HTTP/2'),
    'a client speaks HTTP/2 without TLS: let it use HTTP/1.1, or use https:// and start with --https',
  ],
  // The specification of HAProxy, versions 1 and 2.
  [
    (_, text) => text.startsWith('PROXY ') || text.startsWith('\r\n\r\n\0\r\nQUIT\n'),
    'a proxy sends the PROXY protocol: turn it off, and let the proxy send X-Forwarded-For (--trust-proxy)',
  ],
  // RFC 1928, 3.
  [
    ([version]) => version === 4 || version === 5,
    'a client uses this port as a SOCKS proxy: remove it from ALL_PROXY and the proxy settings of the client',
  ],
];

/** The last header that was read before the error. */
const findLastHeader = (read: string): string | undefined =>
  [...read.matchAll(/\r\n([\w-]{1,40}):/g)].at(-1)?.[1]?.toLowerCase();

function describeHeaderError({ read }: Parsed): string {
  const name = findLastHeader(read);
  if (name === 'authorization')
    return 'the Authorization header has a line break: encode credentials on one line, as base64 -w0 does';
  const place = name === undefined ? '' : ` in or after "${name}"`;
  return `malformed header line${place}: a header is one line, a name without spaces, a colon and a value`;
}

const describeTargetError = (next: string): string =>
  /[\x80-\xff]/.test(next)
    ? 'the address has raw non-ASCII characters, which this server cannot read: percent-encode them as UTF-8 (ñ is %C3%B1)'
    : 'the address contains a control character: percent-encode it';

export const describeUnknownMethod = (method: string): string =>
  /^[A-Za-z]{1,20}$/.test(method)
    ? `"${method}" is not an HTTP method; methods are case-sensitive, as in POST`
    : 'the method is not one of HTTP, as POST is';

const TRAILING_BYTES =
  'the body is longer than Content-Length: count bytes, not characters, and end the request with its body';
const NOT_HTTP = 'a client sends something else than HTTP here: use http://, and check the port';

function describeMethodError(packet: string, isFirst: boolean): string {
  const [, method] = /^\s*([A-Za-z]{1,20}) \S+ HTTP\/1/.exec(packet) ?? [];
  if (method !== undefined && !METHODS.includes(method)) return describeUnknownMethod(method);
  return isFirst ? NOT_HTTP : TRAILING_BYTES;
}

const UNCLEAR_LENGTH =
  'the length of the body is unclear: send either Content-Length, once and as a number, or Transfer-Encoding: chunked';
const MALFORMED_CHUNKS =
  'the chunked body is malformed: send Content-Length, or let the HTTP client do the chunking';
const MALFORMED_REQUEST_LINE =
  'the request line is malformed: write a space in the address as %20, and end the line with HTTP/1.1';

interface Parsed {
  /** What the parser has read, one character per byte. */
  readonly read: string;
  /** What follows it. */
  readonly rest: string;
  /** No request came before on this connection. */
  readonly isFirst: boolean;
}
type Describe = (parsed: Parsed) => string;

/** Statuses and reasons by the code of the parser's error. */
const ERRORS: Readonly<Record<string, readonly [status: number, describe: Describe]>> = {
  HPE_INVALID_METHOD: [400, ({ read, rest, isFirst }) => describeMethodError(read + rest, isFirst)],
  HPE_INVALID_URL: [400, ({ rest }) => describeTargetError(rest.slice(0, 1))],
  HPE_INVALID_CONSTANT: [400, () => MALFORMED_REQUEST_LINE],
  HPE_INVALID_VERSION: [400, () => MALFORMED_REQUEST_LINE],
  HPE_INVALID_HEADER_TOKEN: [400, describeHeaderError],
  HPE_CR_EXPECTED: [400, describeHeaderError],
  HPE_LF_EXPECTED: [400, describeHeaderError],
  HPE_INVALID_CONTENT_LENGTH: [400, () => UNCLEAR_LENGTH],
  HPE_UNEXPECTED_CONTENT_LENGTH: [400, () => UNCLEAR_LENGTH],
  HPE_INVALID_TRANSFER_ENCODING: [400, () => UNCLEAR_LENGTH],
  HPE_CLOSED_CONNECTION: [400, () => TRAILING_BYTES],
  HPE_INVALID_CHUNK_SIZE: [400, () => MALFORMED_CHUNKS],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, () => MALFORMED_CHUNKS],
  HPE_HEADER_OVERFLOW: [
    431,
    () =>
      'address and headers exceed 16 kB: send fewer or shorter ones; browsers send the cookies of localhost to every port',
  ],
  HPE_INVALID_EOF_STATE: [
    400,
    () => 'the connection ended before the request was complete: is Content-Length larger than the body?',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    () => 'the request was not complete in time: is Content-Length larger than the body?',
  ],
};

/**
 * What a client error means; undefined when the client has only disconnected.
 *
 * @param isFirst whether no request came before on this connection
 */
export function describeClientError(
  { code = '', reason, rawPacket, bytesParsed = 0 }: ClientError,
  isFirst: boolean,
): (Pick<UnreadableRequest, 'reason'> & { status: number }) | undefined {
  const packet = rawPacket?.toString('latin1') ?? '';
  const protocol = rawPacket && PROTOCOLS.find(([isSpoken]) => isSpoken(rawPacket, packet));
  if (protocol !== undefined) return { status: 400, reason: protocol[1] };
  const [status, describe] = ERRORS[code] ?? [];
  if (status !== undefined && describe !== undefined)
    return {
      status,
      reason: describe({ read: packet.slice(0, bytesParsed), rest: packet.slice(bytesParsed), isFirst }),
    };
  return code.startsWith('HPE_') ? { status: 400, reason: `malformed HTTP request: ${reason}` } : undefined;
}

/** A client that asks for a tunnel to another server. */
export const USED_AS_PROXY = {
  method: 'CONNECT',
  status: 405,
  reason: 'a client uses this address as its HTTP proxy: remove it from HTTP_PROXY and HTTPS_PROXY',
} as const;

/** Headers without the pseudo-headers of HTTP/2. */
export const listHeaders = (headers: IncomingHttpHeaders): (readonly [string, string])[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(':') ? [] : [[name, `${value}`] as const],
  );

/** What a failed TLS handshake means. */
export function describeTlsError({ code = '', reason, message }: ClientError): string {
  if (/ALERT_(?:UNKNOWN_CA|.*CERTIFICATE)/.test(code))
    return 'a client does not trust the certificate: let it trust ca.pem, the file that is named at the start';
  if (code === 'ECONNRESET')
    return 'a client gave up during the TLS handshake: does it trust the certificate?';
  return `the TLS handshake failed: ${reason?.trim() ?? message}`;
}

export const NO_HEAD = { method: '', url: '', headers: [] };

/** A request target with its raw bytes beyond ASCII percent-encoded: the imitated framework reads both alike. */
export const encodeTarget = (target: string): string =>
  target.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);

/** Request line and complete header lines of what the parser has read. */
export function readHead({
  rawPacket,
  bytesParsed = 0,
}: ClientError): Pick<UnreadableRequest, 'method' | 'url' | 'headers'> {
  const packet = rawPacket?.toString('latin1') ?? '';
  const [, method = '', target = ''] = /^(?:\r\n)*([A-Z-]{3,20}) ((?:\/|https?:\/\/)\S*) /.exec(packet) ?? [];
  if (!METHODS.includes(method)) return NO_HEAD;
  const lines = packet.slice(0, bytesParsed).trimStart().split('\r\n').slice(1, -1);
  return {
    method,
    url: encodeTarget(target),
    headers: lines.flatMap((line) => {
      const [, name, value = ''] = /^([\w-]+):[ \t]*(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value] as const];
    }),
  };
}
