import { connect, createServer, type Server, type Socket } from 'node:net';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('redis');

/** Sends connections to one server after the other. */
class Relay {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #target = 0;

  constructor() {
    this.#server = createServer((socket) => {
      const to = connect(this.#target, '127.0.0.1');
      for (const one of [socket, to]) {
        this.#sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => this.#sockets.delete(one));
      }
      socket.pipe(to).pipe(socket);
    });
  }

  /** Listens, and returns its address. */
  open = () =>
    new Promise<string>((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`redis://127.0.0.1:${(this.#server.address() as { port: number }).port}`);
      });
    });

  /** From now on, everything goes to this server, or nowhere. */
  leadTo(server?: RedisServer): void {
    this.#target = Number(new URL(server?.url ?? 'redis://h:1').port);
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe.skipIf(why)(`a replica that takes over without the last writes${why ? ` (${why})` : ''}`, () => {
  let master: RedisServer;
  let replica: RedisServer;
  let relay: Relay;
  let d: Drive;
  beforeEach(async () => {
    [master, replica] = [await startRedis(), await startRedis()];
    relay = new Relay();
    relay.leadTo(master);
    d = await openDrive({ store: await relay.open(), storePrefix: createPrefix(), scenario: 'manual' });
  });
  afterEach(async () => {
    await d?.mock.close();
    relay.close();
    for (const one of [master, replica]) await one.stop();
  });

  /** Copies what is written up to now to the replica. */
  async function replicate(): Promise<void> {
    const [source, redis] = [createClient({ url: master.url }), createClient({ url: replica.url })];
    await source.connect();
    await source.configSet('repl-diskless-sync-delay', '0');
    source.destroy();
    await redis.connect();
    await redis.sendCommand(['REPLICAOF', '127.0.0.1', new URL(master.url).port]);
    await expect.poll(() => redis.info('replication')).toContain('master_link_status:up');
    await redis.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    redis.destroy();
  }
  async function failOver(): Promise<void> {
    relay.leadTo();
    await expect.poll(async () => (await d.admin('GET', '/health')).status).toBe(503);
    relay.leadTo(replica);
    await expect.poll(async () => (await d.admin('GET', '/health')).status).toBe(200);
  }
  const post = (code: string) => d.admin('POST', '/calls/v/events', { type: 'info', code, message: '' });

  it('makes an open page hear every event that is posted later', async () => {
    const page = await openFakePage(d, await d.token(), 'v');
    await post('First');
    await page.waitForText('First');
    await replicate();
    await post('Lost');
    await page.waitForText('Lost');
    await failOver();
    await post('Later');
    await page.waitForText('Later');
    await post('Last');
    await page.waitForText('Last');
    expect(page.getReceived().match(/First|Lost|Later|Last/g)).toEqual(['First', 'Lost', 'Later', 'Last']);
  });

  it('gives no journal entry the id of a lost one', async () => {
    await d.requestToken();
    await replicate();
    await d.requestToken();
    const { json } = await d.admin('GET', '/requests');
    const lost = json.items.at(-1).id;
    await failOver();
    const waiting = d.admin('POST', '/wait', { for: { request: { path: '/o/token/' } }, after: lost });
    await d.requestToken();
    expect((await waiting).status).toBe(200);
  });
});
