import { once } from 'node:events';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaunchedMock, launch } from '../../src/server/launch.ts';
import { createSharedStore } from '../support/drive.ts';
import { useHome } from '../support/home.ts';

useHome();

/** Without the second step of closing, every second answer was lost. */
const ATTEMPTS = 8;
/** More than the buffers of a connection hold, so that the client is still sending when it gets its answer. */
const BODY = Buffer.alloc(3_000_000, 'a');

describe('an answer with Connection: close', () => {
  let server: LaunchedMock;
  let port: number;
  beforeAll(async () => {
    server = await launch({ https: true, logLevel: 'error', ...createSharedStore() });
    port = Number(new URL(server.url).port);
  });
  afterAll(() => server.close());

  const transports: readonly (readonly [string, () => Socket])[] = [
    ['over plain HTTP', () => connect(port, '127.0.0.1')],
    ['over TLS', () => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })],
  ];

  /** Sends a head and a body without a look at the answer, and returns all that comes until the connection closes. */
  const exchange = (socket: Socket, head: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString('latin1');
      });
      socket.on('error', (error) => {
        answer += ` ${error.message}`;
      });
      socket.on('close', () => resolve(answer));
      socket.write(head);
      socket.write(BODY);
    });

  /** The status of an answer that is complete. */
  function readStatus(answer: string): string {
    const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    return body.length === Number(length) ? head.slice(9, 12) : `incomplete: ${answer.slice(0, 200)}`;
  }

  describe.each(transports)('%s', (_, open) => {
    it.each([
      ['GET /o/token/', '405'],
      ['GET /call', '403'],
      ['GET /__console/console.js', '200'],
      ['POST /o/nothing/', '400'],
      ['POST /__admin/clients', '413'],
    ])('reaches a client that sends a large body to %s', async (target, status) => {
      const head = `${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;
      const answers = await Promise.all(Array.from({ length: ATTEMPTS }, () => exchange(open(), head)));
      expect(answers.map(readStatus)).toEqual(Array(ATTEMPTS).fill(status));
    });
  });

  it.each([
    ['a form over plain HTTP', () => request(server.url), 'application/x-www-form-urlencoded'],
    ['a multipart form over plain HTTP', () => request(server.url), 'multipart/form-data; boundary=b'],
    [
      'a form over TLS',
      () => requestTls({ port, rejectUnauthorized: false }),
      'application/x-www-form-urlencoded',
    ],
  ])('lets a client send the rest of %s that is too large', async (_, open, type) => {
    const sending = open();
    sending.method = 'POST';
    sending.path = '/o/token/';
    sending.setHeader('Content-Type', type);
    const answered = once(sending, 'response');
    sending.end(Buffer.alloc(30_000_000, 'a'));
    const [[answer]] = await Promise.all([answered, once(sending, 'finish')]);
    expect(answer.statusCode).toBe(400);
    answer.destroy();
  });
});
