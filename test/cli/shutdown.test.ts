import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { parseSetup } from '../support/fake-page.ts';
import { useHome } from '../support/home.ts';
import { type RealProcess, startProcess } from '../support/real-process.ts';

const home = useHome();

/** Pending answers get one second, and shutdown takes about as long on a small machine. The rest is margin. */
const BOUND_MS = 10_000;

describe('graceful shutdown', () => {
  let server: RealProcess;
  let drive: ReturnType<typeof driveAt>;
  let port: number;
  const cleanups: (() => void)[] = [];
  beforeEach(async () => {
    server = await startProcess({ flags: ['--https', '--log-level', 'error'], env: { HOME: home() } });
    drive = driveAt({ url: server.url, adminUrl: `${server.url}/__admin` });
    port = Number(new URL(server.url).port);
  });
  afterEach(async () => {
    for (const cleanUp of cleanups.splice(0)) cleanUp();
    await server.stop();
  });

  const send = (bytes: string | Buffer) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
    return socket;
  };
  /** Waits until the journal has a request. */
  const waitForRequest = () =>
    expect.poll(async () => (await drive.admin('GET', '/requests')).json.total).toBeGreaterThan(0);
  const armFault = (given: object) => drive.admin('POST', '/faults', { endpoint: 'token', ...given });
  const TOKEN = 'POST /o/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';
  const WAIT = JSON.stringify({ for: { event: 'VideocallCompleted' }, timeout: '60s' });

  /** Starts each kind of pending work and resolves once it is pending. */
  const startPendingWork: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
    'an open page stream': async () => {
      const { html } = await drive.open(await drive.token(), 'val-1');
      const socket = send(
        `GET ${new URL(parseSetup(html).stream, server.url).pathname}${
          new URL(parseSetup(html).stream, server.url).search
        } HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      return new Promise((resolve) => socket.once('data', resolve));
    },
    'an open console stream': () => {
      const socket = send('GET /__console/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return new Promise((resolve) => socket.once('data', resolve));
    },
    'a client waiting for an event': () =>
      send(`POST /__admin/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${WAIT.length}\r\n\r\n${WAIT}`),
    'a delayed answer': async () => {
      await armFault({ latency: '10m' });
      send(TOKEN);
      await waitForRequest();
    },
    'a hanging answer': async () => {
      await armFault({ kind: 'hang' });
      send(TOKEN);
      await waitForRequest();
    },
    'a half-sent request': () => send(TOKEN.slice(0, 30)),
    'a half-sent TLS handshake': () => send(Buffer.from([22, 3, 1, 0, 200, 1])),
    'an answer that the client does not read': () => {
      const socket = send('GET /__console/console.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
      socket.pause();
    },
    'a TLS connection without a request': () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => {});
      cleanups.push(() => socket.destroy());
      return new Promise((resolve) => socket.once('secureConnect', resolve));
    },
    'an open stream over HTTP/2': () => {
      const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
      session.on('error', () => {});
      cleanups.push(() => session.destroy());
      const stream = session.request({ ':path': '/__console/stream' });
      stream.on('error', () => {});
      return new Promise((resolve) => stream.once('response', resolve));
    },
    'a hanging answer over HTTP/2': async () => {
      await armFault({ kind: 'hang' });
      const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
      session.on('error', () => {});
      cleanups.push(() => session.destroy());
      const stream = session.request({ ':method': 'POST', ':path': '/o/token/' });
      stream.on('error', () => {});
      stream.end();
      await waitForRequest();
    },
  };

  const stopWithinBound = () => {
    let late: NodeJS.Timeout;
    const bound = new Promise((resolve) => {
      late = setTimeout(resolve, BOUND_MS, 'late');
    });
    return Promise.race([server.stop(), bound]).finally(() => clearTimeout(late));
  };

  it.each(Object.keys(startPendingWork))('stops with exit code 0 despite %s', async (what) => {
    await startPendingWork[what]?.();
    await expect.poll(async () => (await server.measure()).sockets).toBeGreaterThan(0);
    expect(await stopWithinBound()).toBe(0);
    expect(server.getErrors()).toBe('');
  });
});
