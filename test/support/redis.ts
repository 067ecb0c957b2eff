import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'redis';
import { findTool } from './tools.ts';

/** A Redis of one's own, in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  /** Sends it a signal; answers when it has ended, if it ends by that. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again where it was, with what it has kept. */
  restart(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;

/** A port that nobody listens on. */
export const findFreePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Resolves when the server answers. */
async function waitUntilReady(url: string): Promise<void> {
  const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
  for (;;) {
    const client = createClient({
      url,
      socket: { reconnectStrategy: false },
      maintNotifications: 'disabled',
    }).on('error', () => {});
    try {
      await client.connect();
      await client.ping();
      return;
    } catch (error) {
      if (giveUp.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      client.destroy();
    }
  }
}

/**
 * Starts a Redis on a free port.
 *
 * @param keeps whether it remembers over a restart
 * @param password asked for from everybody
 * @param socket whether it is reached by a Unix socket
 */
export async function startRedis({
  keeps = false,
  password = '',
  socket = false,
}: {
  keeps?: boolean;
  password?: string;
  socket?: boolean;
} = {}): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-redis-'));
  const port = await findFreePort();
  const file = path.join(folder, 'redis.sock');
  const login = password === '' ? '' : `:${encodeURIComponent(password)}@`;
  const url = socket ? `unix://${login}${file}` : `redis://${login}127.0.0.1:${port}`;
  const settings = {
    port: socket ? '0' : String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    ...(socket && { unixsocket: file }),
    ...(keeps && { appendonly: 'yes', appendfsync: 'always' }),
    ...(password !== '' && { requirepass: password }),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);

  let child: ChildProcess;
  let ended: Promise<unknown>;
  const start = async () => {
    child = spawn(findTool('redis') ?? '', args, { stdio: 'ignore' });
    ended = new Promise((resolve) => child.once('exit', resolve));
    await waitUntilReady(url);
  };
  const signal = async (name: NodeJS.Signals) => {
    child.kill(name);
    if (name === 'SIGKILL' || name === 'SIGTERM') await ended;
  };
  const stop = async () => {
    await signal('SIGKILL');
    rmSync(folder, { recursive: true });
  };
  await start().catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, signal, restart: start, stop };
}

/** A key prefix that nobody else has. */
export const createPrefix = (): string => `test-${randomUUID()}:`;
