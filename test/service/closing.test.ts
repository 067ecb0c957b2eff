import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { launch } from '../../src/server/launch.ts';
import { createSharedStore } from '../support/drive.ts';

const BODY = 'grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret';

it.each([
  ['POST /o/token/', 'HTTP/1.1 200 '],
  ['POST /o/token', 'HTTP/1.1 301 '],
  ['POST /nothing', 'HTTP/1.1 404 '],
  ['POST /__admin/reset', 'HTTP/1.1 400 '],
])('answers %s as ever when its rest arrives while the simulator closes', async (target, start) => {
  const server = await launch({ logLevel: 'error', ...createSharedStore() });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${target} HTTP/1.1\r\n`);
  // Its answer proves that the half-sent request has arrived, too.
  await fetch(`${server.url}/__admin/health`);
  const closed = server.close();
  socket.write('Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n');
  socket.write(`Content-Length: ${BODY.length}\r\n\r\n${BODY}`);
  await closed;
  await ended;
  expect(answer).toContain(start);
});
