import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { exchange, sendRaw } from '../support/raw-http.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive();
});
afterAll(() => d.mock.close());

const post = (path: string, type: string, body: string | Buffer) =>
  sendRaw(d.mock.url, { method: 'POST', path, headers: [['Content-Type', type]], body: Buffer.from(body) });

const FORM = 'application/x-www-form-urlencoded';

describe('malformed request', () => {
  it.each<[string, string]>([
    ['bytes that are not HTTP', 'hello\r\n\r\n'],
    ['a broken request line', 'POST\r\n\r\n'],
    ['an unknown method', 'HACK /o/token/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a missing Host', 'POST /o/token/ HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'POST /o/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST /o/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a path that cannot be decoded', 'GET /o/%zz/%/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a NUL in the path', 'GET /call%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    [
      'a path of 10,000 characters',
      `GET /${'a'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ],
    ['a header of 100 kB', `GET /call HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['10,000 headers', `GET /call HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(10_000)}\r\n`],
    ['a body on GET', 'GET /call HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc'],
  ])('rejects %s with 4xx and no stack trace', async (_what, bytes) => {
    const answer = await exchange(d.mock.url, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toMatch(/\bat .*:\d+:\d+|node_modules/);
  });

  it.each<[string, string, string, string | Buffer]>([
    ['a form of 11 MB', '/o/token/', FORM, `x=${'y'.repeat(11 * 2 ** 20)}`],
    ['a multipart body of 11 MB', '/o/token/', 'multipart/form-data; boundary=b', 'y'.repeat(11 * 2 ** 20)],
    ['a form of 2,000 fields', '/o/token/', FORM, 'a=b&'.repeat(2_000)],
    [
      'random bytes as a form',
      '/o/token/',
      FORM,
      Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 73) % 256)),
    ],
    ['a report that is not JSON', '/call/reports?ticket=x', 'text/plain', 'nonsense'],
    ['a report of 1 MB', '/call/reports?ticket=x', 'text/plain', 'x'.repeat(2 ** 20)],
    ['a report of another type', '/call/reports?ticket=x', 'application/xml', '<x/>'],
  ])('rejects %s with 4xx and no stack trace', async (_what, path, type, body) => {
    const { status, body: answer } = await post(path, type, body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(answer.toString()).not.toMatch(/\bat .*:\d+:\d+|node_modules/);
  });
});

describe('authentication API', () => {
  it('accepts a request target in absolute form', async () => {
    const { status } = await sendRaw(d.mock.url, {
      method: 'POST',
      path: `${d.mock.url}/o/token/`,
      headers: [['Content-Type', FORM]],
      body: Buffer.from(
        'grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret',
      ),
    });
    expect(status).toBe(200);
  });

  it('limits the number of multipart parts without a name', async () => {
    const parts = '--b\r\nContent-Disposition: form-data; filename="x"\r\n\r\n\r\n'.repeat(2_000);
    expect((await post('/o/token/', 'multipart/form-data; boundary=b', `${parts}--b--`)).status).toBe(400);
  });
});

describe('control API', () => {
  it.each(['/clients/%', '/calls/%ED%A0%80', `/tokens/${'x'.repeat(5_000)}`])(
    'answers the control API path %s with a JSON 404',
    async (path) => {
      const answer = await fetch(`${d.mock.adminUrl}${path}`);
      expect([answer.status, await answer.json()]).toEqual([
        404,
        expect.objectContaining({ error: 'not_found', message: expect.any(String) }),
      ]);
    },
  );

  it('limits the length of the answer to a body with 20,000 problems', async () => {
    const body = JSON.stringify({ allowed_ips: Array.from({ length: 20_000 }, () => 1) });
    const answer = await fetch(`${d.mock.adminUrl}/clients`, { method: 'POST', body });
    expect(answer.status).toBe(422);
    expect((await answer.text()).length).toBeLessThan(10_000);
  });
});

describe('/call', () => {
  const reasons: [string, string, RegExp][] = [
    ['no token', '/call?validation_id=v', /no access_token/],
    ['an empty token', '/call?access_token=&validation_id=v', /no access_token/],
    ['an unknown token', '/call?access_token=nope&validation_id=v', /never issued/],
    ['a token named like a property', '/call?access_token=__proto__&validation_id=v', /never issued/],
  ];
  it.each(reasons)(
    'refuses /call with %s: 403, an error screen and the reason',
    async (_what, path, reason) => {
      const answer = await fetch(`${d.mock.url}${path}`);
      const html = await answer.text();
      expect(answer.status).toBe(403);
      expect(html).toContain('<body data-state="error">');
      expect(html).toMatch(reason);
    },
  );

  it('uses the last value of a repeated query parameter of /call', async () => {
    const token = await d.token();
    const answer = await fetch(`${d.mock.url}/call?access_token=nope&access_token=${token}&validation_id=v`);
    expect(answer.status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('answers %s /call with 405', async (method) => {
    const answer = await fetch(`${d.mock.url}/call`, {
      method,
      body: new URLSearchParams({ access_token: 'x' }),
    });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('warns on the call page when the host name does not contain videocall', async () => {
    const { html } = await d.open(await d.token(), 'v');
    expect(html).toContain('mock-veridas: this frame');
    expect(html).toContain('does not contain &quot;videocall&quot;');
  });

  it('does not reflect an invalid Host in the call page or its headers', async () => {
    const token = await d.token();
    const { status, headers, body } = await sendRaw(d.mock.url, {
      method: 'GET',
      path: `/call?access_token=${token}&validation_id=v`,
      headers: [['Host', `x;script-src *'"><script>`]],
    });
    expect(status).toBe(200);
    expect(headers['content-security-policy']).not.toContain('script-src *');
    expect(body.toString()).not.toContain('"><script>');
  });

  it('sends headers that let any site embed /call and forbid caching', async () => {
    const { headers } = await fetch(`${d.mock.url}/call?access_token=${await d.token()}&validation_id=v`);
    expect(headers.get('x-frame-options')).toBeNull();
    // "frame-ancestors *" would shut out the pages of files and of apps, which have schemes of their own.
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'(?!.*frame-ancestors)/);
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('leaves the access token out of the call page', async () => {
    const token = await d.token();
    const { html } = await d.open(token, 'v');
    expect(html).not.toContain(token);
  });
});

describe('event stream', () => {
  it.each(['', 'x', 'eyJhbGciOiJub25lIn0.eyJjYWxsIjoieCJ9.'])(
    'answers the invalid ticket "%s" with 200 and a reset event, so browsers keep reconnecting',
    async (ticket) => {
      const answer = await fetch(`${d.mock.url}/call/events?ticket=${ticket}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
      expect(await answer.text()).toContain('data: {"reset":true}');
    },
  );

  it('ends the stream when the client disconnects, even with an unread request body', async () => {
    const { port, hostname } = new URL(d.mock.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const head = 'GET /__console/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n';
    socket.end(head + 'x'.repeat(500_000));
    socket.resume();
    await new Promise((resolve) => socket.once('end', resolve));
    socket.destroy();
  });
});
