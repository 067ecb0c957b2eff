import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { parseSetup } from '../support/fake-page.ts';
import { useHome } from '../support/home.ts';
import { type RealProcess, startProcess } from '../support/real-process.ts';

const home = useHome();

/** Answers under way get a second, and ending everything takes as long again on a small machine; not for ever. */
const BOUND_MS = 10_000;

describe('a simulator that is told to stop', () => {
  let server: RealProcess;
  let asked: ReturnType<typeof driveAt>;
  let port: number;
  const leaving: (() => void)[] = [];
  beforeEach(async () => {
    server = await startProcess({ flags: ['--https', '--log-level', 'error'], env: { HOME: home() } });
    asked = driveAt({ url: server.url, adminUrl: `${server.url}/__admin` });
    port = Number(new URL(server.url).port);
  });
  afterEach(async () => {
    for (const leave of leaving.splice(0)) leave();
    await server.stop();
  });

  const send = (bytes: string | Buffer) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    leaving.push(() => socket.destroy());
    return socket;
  };
  /** Until the journal has a request. */
  const arrived = () =>
    expect.poll(async () => (await asked.admin('GET', '/requests')).json.total).toBeGreaterThan(0);
  const fault = (given: object) => asked.admin('POST', '/faults', { endpoint: 'token', ...given });
  const TOKEN = 'POST /o/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';
  const WAIT = JSON.stringify({ for: { event: 'VideocallCompleted' }, timeout: '60s' });

  /** Brings about what is under way, and answers when it is. */
  const underWay: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
    'a stream of a page': async () => {
      const { html } = await asked.open(await asked.token(), 'val-1');
      const socket = send(
        `GET ${new URL(parseSetup(html).stream, server.url).pathname}${
          new URL(parseSetup(html).stream, server.url).search
        } HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      return new Promise((resolve) => socket.once('data', resolve));
    },
    'a stream of the console': () => {
      const socket = send('GET /__console/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return new Promise((resolve) => socket.once('data', resolve));
    },
    'somebody who waits for an event': () =>
      send(`POST /__admin/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${WAIT.length}\r\n\r\n${WAIT}`),
    'an answer that is held back': async () => {
      await fault({ latency: '10m' });
      send(TOKEN);
      await arrived();
    },
    'an answer that never comes': async () => {
      await fault({ kind: 'hang' });
      send(TOKEN);
      await arrived();
    },
    'half of a request': () => send(TOKEN.slice(0, 30)),
    'half of a handshake': () => send(Buffer.from([22, 3, 1, 0, 200, 1])),
    'an answer that nobody reads': () => {
      const socket = send('GET /__console/console.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
      socket.pause();
    },
    'a connection of TLS without a request': () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => {});
      leaving.push(() => socket.destroy());
      return new Promise((resolve) => socket.once('secureConnect', resolve));
    },
    'a stream over HTTP/2': () => {
      const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
      session.on('error', () => {});
      leaving.push(() => session.destroy());
      const stream = session.request({ ':path': '/__console/stream' });
      stream.on('error', () => {});
      return new Promise((resolve) => stream.once('response', resolve));
    },
    'an answer over HTTP/2 that never comes': async () => {
      await fault({ kind: 'hang' });
      const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
      session.on('error', () => {});
      leaving.push(() => session.destroy());
      const stream = session.request({ ':method': 'POST', ':path': '/o/token/' });
      stream.on('error', () => {});
      stream.end();
      await arrived();
    },
  };

  const stopped = () => {
    let late: NodeJS.Timeout;
    const bound = new Promise((resolve) => {
      late = setTimeout(resolve, BOUND_MS, 'late');
    });
    return Promise.race([server.stop(), bound]).finally(() => clearTimeout(late));
  };

  it.each(Object.keys(underWay))('does so while there is %s', async (what) => {
    await underWay[what]?.();
    await expect.poll(async () => (await server.measure()).sockets).toBeGreaterThan(0);
    expect(await stopped()).toBe(0);
    expect(server.getErrors()).toBe('');
  });
});
