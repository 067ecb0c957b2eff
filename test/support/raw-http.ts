import { connect } from 'node:net';

/** An HTTP request, written byte by byte: header values and path are Latin-1, one character per byte. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values; null removes a default header. */
  readonly headers?: readonly (readonly [string, string | null])[];
  readonly body?: Buffer;
  readonly framing?: 'content-length' | 'none';
  readonly localAddress?: string;
}

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function serialize(
  { method, path, headers = [], body = Buffer.alloc(0), framing }: RawRequest,
  host: string,
): Buffer {
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const sized = framing !== 'none' && (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method));
  const own: [string, string][] = [
    ['Host', host],
    ['Connection', 'close'],
    ...(sized ? [['Content-Length', String(body.length)] as [string, string]] : []),
  ];
  const lines = [...own.filter(([name]) => !named.has(name.toLowerCase())), ...headers]
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body]);
}

function parseAnswer(answer: Buffer): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no HTTP answer: ${JSON.stringify(answer.toString('latin1').slice(0, 80))}`);
  const [first = '', ...lines] = answer.subarray(0, end).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { status: Number(first.split(' ')[1]), headers, body: answer.subarray(end + 4) };
}

/** Sends `request` on a new connection and reads the complete response. */
export function sendRaw(url: string, request: RawRequest): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const { localAddress } = request;
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port),
      ...(localAddress !== undefined && { localAddress }),
    });
    socket.on('connect', () => socket.write(serialize(request, host)));
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses a large body may close the connection while the body is being sent.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && chunks.length === 0) reject(error);
    });
    socket.on('close', () => {
      try {
        resolve(parseAnswer(Buffer.concat(chunks)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/**
 * Sends raw bytes and returns everything received, one character per byte, until the connection closes.
 *
 * @param ends whether the client ends its side after the bytes
 */
export function exchange(url: string, bytes: string | Buffer, { ends = false } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => (ends ? socket.end(bytes) : socket.write(bytes)));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
  });
}
