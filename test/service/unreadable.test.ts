import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { useHome } from '../support/home.ts';
import { exchange } from '../support/raw-http.ts';

useHome();

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const BODY = new URLSearchParams({ grant_type: 'client_credentials', ...SANDBOX }).toString();
const BASE64 = btoa('sandbox-client:sandbox-secret-that-is-long-enough-for-two-lines');
const [FIRST, SECOND] = [BASE64.slice(0, 40), BASE64.slice(40)];

const token = (...lines: string[]) => ['POST /o/token/ HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n');
const call = (target: string, ...lines: string[]) =>
  Buffer.from([`GET ${target} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n'));
const CHUNKED = 'Transfer-Encoding: chunked';
/** A TLS 1.2 record with the start of a ClientHello. */
const CLIENT_HELLO = Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]);

interface Sent {
  readonly what: string;
  readonly bytes: string | Buffer;
  readonly ends?: boolean;
  readonly status?: number;
  readonly entry?: { readonly method: string; readonly path: string };
  readonly reason: string;
}

const NONE = { method: '', path: '' };
const TOKEN = { method: 'POST', path: '/o/token/' };
const CALL = { method: 'GET', path: '/call' };
const LINE_BREAK =
  'the Authorization header has a line break: encode credentials on one line, as base64 -w0 does';
const LENGTH =
  'the length of the body is unclear: send either Content-Length, once and as a number, or Transfer-Encoding: chunked';
const CHUNKS = 'the chunked body is malformed: send Content-Length, or let the HTTP client do the chunking';
const ENCODE =
  'the address has raw non-ASCII characters, which this server cannot read: percent-encode them as UTF-8 (ñ is %C3%B1)';
const REQUEST_LINE =
  'the request line is malformed: write a space in the address as %20, and end the line with HTTP/1.1';
const SOCKS =
  'a client uses this port as a SOCKS proxy: remove it from ALL_PROXY and the proxy settings of the client';
const PROXY_PROTOCOL =
  'a proxy sends the PROXY protocol: turn it off, and let the proxy send X-Forwarded-For (--trust-proxy)';
const TOO_LARGE =
  'address and headers exceed 16 kB: send fewer or shorter ones; browsers send the cookies of localhost to every port';
const NOT_HTTP = 'a client sends something else than HTTP here: use http://, and check the port';
const INCOMPLETE =
  'the connection ended before the request was complete: is Content-Length larger than the body?';

const SENT: readonly Sent[] = [
  {
    what: 'TLS',
    bytes: CLIENT_HELLO,
    entry: NONE,
    reason: 'a client speaks TLS here: use http:// or start with --https',
  },
  {
    what: 'HTTP/2 without TLS',
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    entry: NONE,
    reason: 'a client speaks HTTP/2 without TLS: let it use HTTP/1.1, or use https:// and start with --https',
  },
  { what: 'SOCKS 5', bytes: Buffer.from([5, 1, 0]), entry: NONE, reason: SOCKS },
  { what: 'SOCKS 4', bytes: Buffer.from([4, 1, 1, 187, 10, 0, 0, 1, 0]), entry: NONE, reason: SOCKS },
  {
    what: 'the PROXY protocol, version 1',
    bytes: `PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n${call('/call')}`,
    entry: NONE,
    reason: PROXY_PROTOCOL,
  },
  {
    what: 'the PROXY protocol, version 2',
    bytes: Buffer.from('0d0a0d0a000d0a515549540a20110000', 'hex'),
    entry: NONE,
    reason: PROXY_PROTOCOL,
  },
  { what: 'another protocol', bytes: 'SSH-2.0-OpenSSH_9.2\r\n', entry: NONE, reason: NOT_HTTP },
  {
    what: 'CONNECT',
    bytes: 'CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n',
    status: 405,
    entry: { method: 'CONNECT', path: 'shop.example:443' },
    reason: 'a client uses this address as its HTTP proxy: remove it from HTTP_PROXY and HTTPS_PROXY',
  },
  {
    what: 'credentials with a line feed',
    bytes: token(`Authorization: Basic ${FIRST}\n${SECOND}`),
    entry: TOKEN,
    reason: LINE_BREAK,
  },
  {
    what: 'credentials with a line break',
    bytes: token(`Authorization: Basic ${FIRST}\r\n${SECOND}`),
    entry: TOKEN,
    reason: LINE_BREAK,
  },
  {
    what: 'folded credentials',
    bytes: token(`authorization: Basic ${FIRST}\r\n ${SECOND}`),
    entry: TOKEN,
    reason: LINE_BREAK,
  },
  {
    what: 'credentials that end in a line feed',
    bytes: token(`Authorization: Basic ${BASE64}\n`),
    entry: TOKEN,
    reason: LINE_BREAK,
  },
  {
    what: '17 kB of headers',
    bytes: call('/call', `Cookie: ${'x'.repeat(17_000)}`),
    status: 431,
    entry: CALL,
    reason: TOO_LARGE,
  },
  {
    what: 'an address of 17 kB',
    bytes: call(`/call?validation_id=${'x'.repeat(17_000)}`),
    status: 431,
    entry: CALL,
    reason: TOO_LARGE,
  },
  {
    what: 'a length and chunks',
    bytes: `${token('Content-Length: 4', CHUNKED)}0\r\n\r\n`,
    entry: TOKEN,
    reason: LENGTH,
  },
  {
    what: 'chunks and a length',
    bytes: `${token(CHUNKED, 'Content-Length: 4')}0\r\n\r\n`,
    entry: TOKEN,
    reason: LENGTH,
  },
  {
    what: 'two lengths',
    bytes: token('Content-Length: 1', 'Content-Length: 2'),
    entry: TOKEN,
    reason: LENGTH,
  },
  { what: 'a length that is no number', bytes: token('Content-Length: many'), entry: TOKEN, reason: LENGTH },
  {
    what: 'an unknown transfer encoding',
    bytes: `${token(FORM, 'Transfer-Encoding: gzip')}x`,
    entry: TOKEN,
    reason: LENGTH,
  },
  {
    what: 'a chunk without its size',
    bytes: `${token(FORM, CHUNKED)}size\r\n\r\n`,
    entry: TOKEN,
    reason: CHUNKS,
  },
  { what: 'raw UTF-8 in a query', bytes: call('/call?validation_id=señor'), entry: CALL, reason: ENCODE },
  {
    what: 'raw UTF-8 in a path',
    bytes: call('/señor'),
    entry: { method: 'GET', path: '/señor' },
    reason: ENCODE,
  },
  {
    what: 'a control character in a path',
    bytes: call('/call\t'),
    reason: 'the address contains a control character: percent-encode it',
  },
  {
    what: 'a space in the address',
    bytes: call('/call?validation_id=a b'),
    entry: CALL,
    reason: REQUEST_LINE,
  },
  {
    what: 'another version of HTTP',
    bytes: 'GET /call HTTP/4.0\r\nHost: x\r\n\r\n',
    entry: CALL,
    reason: REQUEST_LINE,
  },
  {
    what: 'a method in small letters',
    bytes: 'post /o/token/ HTTP/1.1\r\nHost: x\r\n\r\n',
    entry: NONE,
    reason: '"post" is not an HTTP method; methods are case-sensitive, as in POST',
  },
  {
    what: 'a header name with a space',
    bytes: token('api key: x'),
    entry: TOKEN,
    reason:
      'malformed header line in or after "host": a header is one line, a name without spaces, a colon and a value',
  },
  {
    what: 'a request without Host',
    bytes: 'GET /call HTTP/1.1\r\nConnection: close\r\n\r\n',
    entry: CALL,
    reason: 'the request has no Host header, which HTTP/1.1 requires: send the name and port of this server',
  },
  {
    what: 'half a request',
    bytes: 'POST /o/token/ HTTP/1.1\r\nHo',
    ends: true,
    entry: NONE,
    reason: INCOMPLETE,
  },
  {
    what: 'half a body',
    bytes: `${token(FORM, 'Content-Length: 1000')}${BODY}`,
    ends: true,
    entry: TOKEN,
    reason: INCOMPLETE,
  },
];

describe('a request that cannot be read', () => {
  let d: Drive;
  beforeAll(async () => {
    d = await openDrive();
  });
  afterAll(() => d.mock.close());

  const journal = async () => (await d.admin('GET', '/requests')).json.items;

  it.each(SENT)(
    'answers $what with the reason, and records it without secrets',
    async ({ bytes, ends = false, status = 400, entry, reason }) => {
      const before = (await journal()).length;
      const answer = await exchange(d.mock.url, bytes, { ends });
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(Buffer.from(answer, 'latin1').toString()).toContain(reason);
      const expected = { ...entry, status, reason, from: '127.0.0.1', client_id: null };
      // A route records a broken body when its connection has ended.
      await expect
        .poll(async () => (await journal()).slice(before))
        .toEqual([expect.objectContaining(expected)]);
      const items = (await journal()).slice(before);
      for (const secret of [FIRST, SECOND, SANDBOX.client_secret])
        expect(JSON.stringify(items)).not.toContain(secret);
    },
  );

  it('shows a raw validation id as it was meant', async () => {
    await exchange(d.mock.url, call('/call?validation_id=se%C3%B1or-señor&access_token=abc'));
    const { query } = (await journal()).at(-1);
    expect(query).toEqual({ validation_id: 'señor-señor', access_token: '***' });
  });

  it('answers a request whose body is longer than Content-Length, and then records the rest', async () => {
    const body = `${BODY}&scope=read`;
    const bytes = `${token(FORM, `Content-Length: ${BODY.length}`)}${body}`;
    const answer = await exchange(d.mock.url, bytes);
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect((await journal()).slice(-2)).toEqual([
      expect.objectContaining({ status: 200 }),
      expect.objectContaining({
        ...TOKEN,
        status: 400,
        reason:
          'the body is longer than Content-Length: count bytes, not characters, and end the request with its body',
      }),
    ]);
  });

  it('describes what follows a complete request by itself', async () => {
    const bytes = `${token(FORM, `Content-Length: ${BODY.length}`)}${BODY}${call('/señor')}`;
    expect(await exchange(d.mock.url, bytes)).toContain('the address has raw non-ASCII characters');
  });

  it.each(['*/*', 'text/html'])(
    'says to a request for %s of another server that it is no proxy',
    async (type) => {
      const lines = ['Host: shop.example', `Accept: ${type}`, 'Connection: close'];
      const request = `GET http://shop.example/ HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
      expect(await exchange(d.mock.url, request)).toMatch(/^HTTP\/1\.1 404 /);
      expect((await journal()).at(-1).reason).toContain('uses this address as its HTTP proxy');
    },
  );

  it('does not record control requests, nor connections that are closed without a request', async () => {
    const before = (await journal()).length;
    expect(await exchange(d.mock.url, call('/__admin/clients/señor'))).toContain('percent-encode');
    expect((await fetch(`${d.mock.adminUrl}/clients`, { method: 'OPTIONS' })).status).toBe(404);
    expect(await exchange(d.mock.url, '', { ends: true })).toBe('');
    expect(await journal()).toHaveLength(before);
  });

  it('survives a client that resets its connection after CONNECT', async () => {
    const { hostname, port } = new URL(d.mock.url);
    await new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'),
      );
      socket.once('data', () => socket.resetAndDestroy());
      socket.on('close', resolve);
    });
    expect((await d.admin('GET', '/health')).status).toBe(200);
  });
});

describe('a request over TLS that cannot be read', () => {
  let d: Drive;
  let ca: Buffer;
  beforeAll(async () => {
    d = await openDrive({ https: true });
    ca = readFileSync(d.mock.https?.ca ?? '');
  });
  afterAll(() => d.mock.close());

  const port = () => Number(new URL(d.mock.url).port);
  /** Waits for the newest entry with this reason. */
  const findReason = (reason: string) =>
    expect
      .poll(async () =>
        (await d.admin('GET', '/requests')).json.items.map((one: { reason: string }) => one.reason),
      )
      .toContain(reason);

  function speakTls(options: ConnectionOptions, bytes = ''): Promise<string> {
    return new Promise((resolve) => {
      const socket = connectTls({ port: port(), host: 'localhost', ca, ...options }, () =>
        socket.write(bytes),
      );
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
    });
  }

  it('answers plain HTTP on the port that accepts TLS', async () => {
    expect(await exchange(d.mock.url, call('/call', 'Connection: close'))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('answers malformed HTTP/1.1 over TLS with the reason', async () => {
    expect(await speakTls({}, token(`Authorization: Basic ${FIRST}\n${SECOND}`))).toContain(LINE_BREAK);
    await findReason(LINE_BREAK);
  });

  it('records HTTP/1.1 that is sent where HTTP/2 was agreed', async () => {
    await speakTls({ ALPNProtocols: ['h2'] }, 'GET /call HTTP/1.1\r\nHost: x\r\n\r\n');
    await findReason('malformed HTTP/2: Received bad client magic byte string');
  });

  it('records a version of TLS that is too old', async () => {
    await speakTls({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await findReason('the TLS handshake failed: unsupported protocol');
  });

  it('records a client that does not trust the certificate', async () => {
    await speakTls({ ca: [] });
    await findReason('a client gave up during the TLS handshake: does it trust the certificate?');
  });

  it('reads raw UTF-8 in the address over HTTP/2', async () => {
    const session = connectHttp2(`https://localhost:${port()}`, { ca });
    const raw = Buffer.from('/call?validation_id=señor').toString('latin1');
    const stream = session.request({ ':path': raw });
    await new Promise((resolve) => stream.on('response', resolve));
    session.destroy();
    const { items } = (await d.admin('GET', '/requests')).json;
    expect(items.at(-1).query).toEqual({ validation_id: 'señor' });
  });

  it('records CONNECT and an unknown method over HTTP/2', async () => {
    const session = connectHttp2(`https://localhost:${port()}`, { ca });
    for (const headers of [
      { ':method': 'CONNECT', ':authority': 'shop.example:443' },
      { ':method': 'HACK' },
    ]) {
      const stream = session.request(headers);
      stream.end();
      await new Promise((resolve) => stream.on('response', resolve));
    }
    session.destroy();
    const { items } = (await d.admin('GET', '/requests')).json;
    expect(items.slice(-2)).toEqual([
      expect.objectContaining({
        method: 'CONNECT',
        status: 405,
        reason: expect.stringContaining('HTTPS_PROXY'),
      }),
      expect.objectContaining({
        method: 'HACK',
        status: 400,
        reason: expect.stringContaining('not an HTTP method'),
      }),
    ]);
  });
});
