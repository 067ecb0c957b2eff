import { rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change, commandWith } from '../support/changed-command.ts';
import { useHome } from '../support/home.ts';
import { type RealProcess, startProcess } from '../support/real-process.ts';
import { slowHttpTest } from '../support/slowhttptest.ts';
import { missing } from '../support/tools.ts';

const home = useHome();

/** The limits of time as they are, but short. */
const SHORT: readonly Change[] = [
  [/SLOWEST_REQUEST_MS = 3e4/, 'SLOWEST_REQUEST_MS = 300'],
  [/SLOWEST_READER_MS = 12e4/, 'SLOWEST_READER_MS = 300'],
  [/SLOWEST_HANDSHAKE_MS = 1e4/, 'SLOWEST_HANDSHAKE_MS = 300'],
  [/connectionsCheckingInterval: 5e3/, 'connectionsCheckingInterval: 50'],
];
const HANDSHAKE_BEGUN = Buffer.from([22, 3, 1, 0, 200, 1]);
const HEAD = 'POST /o/token/ HTTP/1.1\r\nHost: localhost\r\n';

const ended = (socket: Pick<Socket, 'once' | 'resume' | 'on'>) =>
  new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve('ended'));
    socket.resume();
  });

describe('whoever takes too long', () => {
  const command = commandWith('hurried', SHORT);
  let server: RealProcess;
  let port: number;
  beforeAll(async () => {
    server = await startProcess({ command, flags: ['--https'], env: { HOME: home() } });
    port = Number(new URL(server.url).port);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(command);
  });

  const overTls = (protocol: string) =>
    connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: [protocol] });
  const ways = [
    ['over plain HTTP', () => connect(port, '127.0.0.1')],
    ['over TLS', () => overTls('http/1.1')],
  ] as const;

  describe.each(ways)('%s', (_, open) => {
    it.each([
      ['half of the headers', HEAD],
      ['half of the body', `${HEAD}Content-Length: 10\r\n\r\nabc`],
      ['half of a chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nab`],
    ])('to send more than %s is cut off', async (_what, bytes) => {
      const socket = open();
      socket.write(bytes);
      expect(await ended(socket)).toBe('ended');
    });

    it('to read an answer is cut off', async () => {
      const socket = open();
      socket.write('GET /__console/console.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(400));
      socket.pause();
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('readable', resolve));
      await expect.poll(async () => (await server.holding()).sockets).toBe(0);
      socket.destroy();
    });
  });

  it.each([
    ['to say anything', Buffer.alloc(0)],
    ['to shake hands', HANDSHAKE_BEGUN],
  ])('%s is cut off', async (_, bytes) => {
    const socket = connect(port, '127.0.0.1');
    if (bytes.length > 0) socket.write(bytes);
    expect(await ended(socket)).toBe('ended');
  });

  it.each([
    ['to ask at all', undefined],
    ['to send the rest of a body', { ':method': 'POST', ':path': '/o/token/' }],
  ])('%s over HTTP/2 is cut off', async (_, headers) => {
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    session.on('error', () => {});
    const what = headers === undefined ? session : session.request(headers);
    what.on('error', () => {});
    await new Promise((resolve) => what.once('close', resolve));
    session.destroy();
  });

  it('to read an answer over HTTP/2 is cut off', async () => {
    const settings = { initialWindowSize: 10 };
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false, settings });
    session.on('error', () => {});
    const stream = session.request({ ':path': '/__console/console.js' });
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('close', resolve));
    session.destroy();
  });

  it('but not who waits for an answer that takes as long', async () => {
    const { body } = await fetch(`${server.url}/__console/stream`);
    const waited = await fetch(`${server.url}/__admin/wait`, {
      method: 'POST',
      body: JSON.stringify({ for: { event: 'VideocallCompleted' }, timeout: '2s' }),
    });
    expect(waited.status).toBe(408);
    await body?.cancel();
  });
});

const why = missing('slowhttptest');

describe.skipIf(why)(`many slow clients${why ? ` (skipped: ${why})` : ''}`, () => {
  let server: RealProcess;
  beforeAll(async () => {
    server = await startProcess();
  });
  afterAll(() => server?.stop());

  it.each([
    ['headers', ['-H', '-i', '1']],
    ['bodies', ['-B', '-i', '1', '-s', '100000']],
    ['reading', ['-X', '-k', '5', '-n', '1', '-z', '10', '-w', '64', '-y', '128']],
  ])('with slow %s keep nobody else waiting', async (what, flags) => {
    const path = what === 'bodies' ? '/o/token/' : '/__console/console.js';
    const attack = slowHttpTest([
      ...flags,
      '-c',
      '300',
      '-r',
      '300',
      '-l',
      '4',
      '-u',
      `${server.url}${path}`,
    ]);
    const statuses = new Set<number>();
    await expect.poll(async () => (await server.holding()).sockets).toBeGreaterThan(200);
    while (attack.isRunning()) statuses.add((await fetch(`${server.url}/__admin/clients`)).status);
    expect([...statuses]).toEqual([200]);
    expect(await attack.ended).toContain('service available:   YES');
  });
});
