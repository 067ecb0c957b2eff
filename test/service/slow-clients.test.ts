import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaunchedMock, launch } from '../../src/server/launch.ts';
import { createSharedStore } from '../support/drive.ts';
import { useHome } from '../support/home.ts';

useHome();

/** A handshake that is under way must not be cut on a busy machine. */
const TIMEOUTS_MS = { request: 300, read: 300, handshake: 3_000 };
const HANDSHAKE_BEGUN = Buffer.from([22, 3, 1, 0, 200, 1]);
const HEAD = 'POST /o/token/ HTTP/1.1\r\nHost: localhost\r\n';

const waitForEnd = (socket: Pick<Socket, 'once' | 'resume' | 'on'>) =>
  new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve('ended'));
    socket.resume();
  });

/** Resolves when the server's socket of the next request has closed. */
const waitForServerClose = () =>
  new Promise<void>((resolve) => {
    const onRequest = (message: unknown) => {
      unsubscribe('http.server.request.start', onRequest);
      (message as { socket: Socket }).socket.once('close', () => resolve());
    };
    subscribe('http.server.request.start', onRequest);
  });

describe('slow clients', () => {
  let server: LaunchedMock;
  let port: number;
  beforeAll(async () => {
    server = await launch({ https: true, logLevel: 'error', ...createSharedStore() }, TIMEOUTS_MS);
    port = Number(new URL(server.url).port);
  });
  afterAll(() => server.close());

  const overTls = (protocol: string) =>
    connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: [protocol] });
  const transports = [
    ['over plain HTTP', () => connect(port, '127.0.0.1')],
    ['over TLS', () => overTls('http/1.1')],
  ] as const;

  describe.each(transports)('%s', (_, open) => {
    it.each([
      ['half of the headers', HEAD],
      ['half of the body', `${HEAD}Content-Length: 10\r\n\r\nabc`],
      ['half of a chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nab`],
    ])('disconnects a client that sends only %s', async (_what, bytes) => {
      const socket = open();
      socket.write(bytes);
      expect(await waitForEnd(socket)).toBe('ended');
    });

    it('disconnects a client that does not read the answer', async () => {
      const closed = waitForServerClose();
      const socket = open();
      socket.write('GET /__console/console.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(400));
      socket.pause();
      socket.on('error', () => {});
      await closed;
      socket.destroy();
    });

    it('disconnects a client that keeps the connection after the last answer', async () => {
      const closed = waitForServerClose();
      const socket = open();
      socket.allowHalfOpen = true;
      socket.on('error', () => {});
      socket.write('GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      socket.resume();
      await closed;
      socket.destroy();
    });
  });

  it.each([
    ['sends nothing', Buffer.alloc(0)],
    ['does not finish the TLS handshake', HANDSHAKE_BEGUN],
  ])('disconnects a client that %s', async (_, bytes) => {
    const socket = connect(port, '127.0.0.1');
    if (bytes.length > 0) socket.write(bytes);
    expect(await waitForEnd(socket)).toBe('ended');
  });

  it.each([
    ['sends no request', undefined],
    ['does not send the rest of a body', { ':method': 'POST', ':path': '/o/token/' }],
  ])('disconnects an HTTP/2 client that %s', async (_, headers) => {
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    session.on('error', () => {});
    const what = headers === undefined ? session : session.request(headers);
    what.on('error', () => {});
    await new Promise((resolve) => what.once('close', resolve));
    session.destroy();
  });

  it('disconnects an HTTP/2 client that does not read the answer', async () => {
    const settings = { initialWindowSize: 10 };
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false, settings });
    session.on('error', () => {});
    const stream = session.request({ ':path': '/__console/console.js' });
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('close', resolve));
    session.destroy();
  });

  it('does not disconnect a client that waits for a slow answer', async () => {
    const { body } = await fetch(`${server.url}/__console/stream`);
    const waited = await fetch(`${server.url}/__admin/wait`, {
      method: 'POST',
      body: JSON.stringify({ for: { event: 'VideocallCompleted' }, timeout: '1s' }),
    });
    expect(waited.status).toBe(408);
    await body?.cancel();
  });
});
