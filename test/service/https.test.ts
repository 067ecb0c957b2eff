import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { get, globalAgent } from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { instant } from '../../src/domain/time.ts';
import { ensureLocalCertificate } from '../../src/server/certificate.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { parseSetup } from '../support/fake-page.ts';
import { useHome } from '../support/home.ts';

const home = useHome();
const DAY = 86_400_000;
const NAMES = ['localhost', 'videocall.localhost', '127.0.0.1', '::1'];

/** Sends a GET over HTTP/1.1 and verifies the certificate of the server against `ca`. */
const getVerified = (url: string, ca: string): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    get(url, { ca: readFileSync(ca) }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    }).on('error', reject);
  });

describe('local certificate', () => {
  const now = instant(Date.parse('2030-01-01T00:00:00Z'));
  const ensureCertificate = (folder: string, names: readonly string[], at = now) =>
    ensureLocalCertificate(path.join(home(), folder), names, at);

  it('creates a certificate for every name, signed by its authority', async () => {
    const { cert, ca, caFile = '' } = await ensureCertificate('a', NAMES);
    const own = new X509Certificate(cert);
    expect(own.verify(new X509Certificate(ca).publicKey)).toBe(true);
    expect(readFileSync(caFile, 'utf8')).toBe(ca);
    expect(own.checkHost('videocall.localhost')).toBe('videocall.localhost');
    expect(own.checkIP('::1')).toBe('::1');
    expect(own.ca).toBe(false);
  });

  it('reuses the certificate, shows its authority to other users, and hides its key', async () => {
    const [one, other] = [await ensureCertificate('b', NAMES), await ensureCertificate('b', NAMES.slice(1))];
    expect(other.cert).toBe(one.cert);
    expect(statSync(path.join(home(), 'b/key.pem')).mode & 0o077).toBe(0);
    for (const file of ['b', 'b/ca.pem']) expect(statSync(path.join(home(), file)).mode & 0o044).toBe(0o044);
  });

  it.each([
    ['it lacks a name', [...NAMES, 'shop.example'], 0],
    ['it is about to expire', NAMES, 800 * DAY],
  ])('replaces the certificate when %s', async (_, names, later) => {
    const folder = `c${later}`;
    const one = await ensureCertificate(folder, NAMES);
    expect((await ensureCertificate(folder, names, instant(now + later))).cert).not.toBe(one.cert);
  });

  it('creates one certificate for concurrent callers', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => ensureCertificate('d', NAMES)));
    const { cert, key, ca } = await ensureCertificate('d', NAMES);
    expect(new Set(all.map((one) => one.ca))).toEqual(new Set([ca]));
    expect(readFileSync(path.join(home(), 'd/cert.pem'), 'utf8')).toBe(cert);
    expect(() => new X509Certificate(cert)).not.toThrow();
    expect(readFileSync(path.join(home(), 'd/key.pem'), 'utf8')).toBe(key);
  });
});

describe('simulator with --https', () => {
  let d: Drive;
  let ca: string;
  let port: string;
  beforeAll(async () => {
    d = await openDrive({ https: true, scenario: 'manual' });
    ca = d.mock.https?.ca ?? '';
    ({ port } = new URL(d.mock.url));
  });
  afterAll(() => d.mock.close());

  it.each(['localhost', '127.0.0.1', '[::1]'])('answers at %s over TLS with HTTP/1.1', async (host) => {
    expect((await getVerified(`https://${host}:${port}/__admin/health`, ca)).status).toBe(200);
  });

  it('answers plain HTTP on the same port', async () => {
    expect((await d.admin('GET', '/health')).status).toBe(200);
  });

  it('hands out its authority, without credentials', async () => {
    const answer = await fetch(`${d.mock.adminUrl}/ca.pem`);
    expect(await answer.text()).toBe(readFileSync(ca, 'utf8'));
  });

  it('answers over HTTP/2 and journals the host', async () => {
    const session = connectHttp2(`https://localhost:${port}`, { ca: readFileSync(ca) });
    const stream = session.request({ ':path': '/call?access_token=x&validation_id=over-http2' });
    const status = await new Promise((resolve) =>
      stream.on('response', (headers) => resolve(headers[':status'])),
    );
    stream.resume();
    session.close();
    expect(status).toBe(403);
    const { items } = (await d.admin('GET', '/requests?validation_id=over-http2')).json;
    expect(items[0].headers.host).toBe(`localhost:${port}`);
    expect(Object.keys(items[0].headers).filter((name) => name.startsWith(':'))).toEqual([]);
  });

  it('limits an HTTP/2 connection to a hundred concurrent streams', async () => {
    const session = connectHttp2(`https://localhost:${port}`, { ca: readFileSync(ca) });
    const settings = await new Promise((resolve) => session.on('remoteSettings', resolve));
    session.close();
    expect(settings).toMatchObject({ maxConcurrentStreams: 100 });
  });

  it('rejects a foreign host on the control API over HTTP/2', async () => {
    const session = connectHttp2(`https://localhost:${port}`, { ca: readFileSync(ca) });
    const stream = session.request({ ':path': '/__admin/clients', ':authority': 'evil.example' });
    const status = await new Promise((resolve) =>
      stream.on('response', (headers) => resolve(headers[':status'])),
    );
    stream.resume();
    session.close();
    expect(status).toBe(403);
  });

  it.each([
    ['an unknown method', { ':method': 'HACK', ':path': '/o/token/' }, '', 400],
    [
      'a body that is too large',
      { ':method': 'POST', ':path': '/__admin/clients' },
      ' '.repeat(2 ** 21),
      413,
    ],
  ])(
    'answers %s over HTTP/2 with an error and without a process warning',
    async (_, headers, body, status) => {
      const warned = vi.fn();
      process.on('warning', warned);
      const session = connectHttp2(`https://localhost:${port}`, { ca: readFileSync(ca) });
      const stream = session.request(headers);
      stream.on('error', () => {});
      stream.end(body);
      const answered = new Promise((resolve) =>
        stream.on('response', (answer) => resolve(answer[':status'])),
      );
      expect(await answered).toBe(status);
      session.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', warned);
      expect(warned.mock.calls).toEqual([]);
    },
  );

  it('serves a call page over TLS with relative stream and report URLs', async () => {
    const token = await d.token();
    const { text } = await getVerified(
      `https://localhost:${port}/call?access_token=${token}&validation_id=val-1`,
      ca,
    );
    const { stream, reports } = parseSetup(text);
    for (const address of [stream, reports]) expect(address).toMatch(/^\/call\//);
  });

  it('keeps answering after bytes that are neither HTTP nor TLS', async () => {
    for (const bytes of [Buffer.from([22, 3, 1, 0, 1, 0]), Buffer.from([22]), Buffer.from([0, 1, 2])]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    expect((await getVerified(`https://localhost:${port}/__admin/health`, ca)).status).toBe(200);
  });

  it('stops while clients keep connections open', async () => {
    const other = await openDrive({ https: true });
    const own = new URL(other.mock.url).port;
    const silent = connect(Number(own), '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const session = connectHttp2(`https://localhost:${own}`, { ca: readFileSync(ca) });
    await new Promise((resolve) => session.once('connect', resolve));
    await getVerified(`https://localhost:${own}/__admin/health`, ca);
    const closed = [silent, session].map((one) => new Promise((resolve) => one.once('close', resolve)));
    silent.on('error', () => {});
    await other.mock.close();
    await Promise.all(closed);
    globalAgent.destroy();
  });

  it('uses the certificate from its options', async () => {
    const cert = readFileSync(path.join(path.dirname(ca), 'cert.pem'), 'utf8');
    const key = readFileSync(path.join(path.dirname(ca), 'key.pem'), 'utf8');
    const other = await openDrive({ https: { cert, key } });
    try {
      expect(other.mock.https?.ca).toBeUndefined();
      expect((await getVerified(`${other.mock.https?.url}/__admin/health`, ca)).status).toBe(200);
    } finally {
      await other.mock.close();
    }
  });
});
