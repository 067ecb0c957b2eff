import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClientFactory } from '../../src/store/redis/client.ts';

const sockets = new Set<Socket>();
/** Answers every command after the first byte with OK. */
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => {});
  socket.on('data', () => socket.write('+OK\r\n'));
});
let url: string;
beforeEach(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `redis://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(() => {
  server.close();
});

it('leaves no connection open when it is destroyed while it connects', async () => {
  const clients = await createClientFactory({ url, prefix: 'p:' });
  const accepted = new Promise((resolve) => server.once('connection', resolve));
  const ignore = () => {};
  const client = clients.newClient(url, {
    channels: [],
    tried: 'p:tried',
    onMessage: ignore,
    onMissed: ignore,
    onChannelMoved: ignore,
    onLost: ignore,
  });
  const connecting = client.connect();
  client.destroy();
  await accepted;
  await expect(connecting).rejects.toThrow();
  await expect.poll(() => sockets.size).toBe(0);
});
