import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'redis';
import { findTool } from './tools.ts';

/** A Redis server with its own folder. */
export interface RedisServer {
  readonly url: string;
  /** Sends a signal. Resolves after the exit, if the signal ends the server. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Restarts it at the same address with its persisted data. */
  restart(): Promise<void>;
  /** Lets it run again, whichever signal it was sent. */
  restore(): Promise<void>;
  /** Kills it and removes its folder. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** Connections start at ports from 32768 (Linux). A server that is restarted could find its own in use. */
const [FIRST_PORT, LAST_PORT] = [20_000, 31_999] as const;
/** Processes that start one after the other begin far apart. */
const PORTS_PER_PROCESS = 7_417;
let ports = process.pid * PORTS_PER_PROCESS;

/** Returns a port that is not in use, and that no other caller is given at the same time. */
export const findFreePort = () =>
  new Promise<number>((resolve) => {
    const port = FIRST_PORT + (ports++ % (LAST_PORT - FIRST_PORT + 1));
    const server = createServer()
      .once('error', () => resolve(findFreePort()))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });

/** The PEM files of a server or a client. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The settings of a server that accepts TLS only. */
export const formatTls = ({ ca, cert, key }: TlsFiles, port: string) => ({
  'tls-port': port,
  'tls-ca-cert-file': ca,
  'tls-cert-file': cert,
  'tls-key-file': key,
});

/** The contents of the files that an address for TLS names. */
const readTlsFiles = (url: string) =>
  Object.fromEntries(
    url.startsWith('rediss:')
      ? [...new URL(url).searchParams].map(([name, file]) => [name, readFileSync(file, 'utf8')])
      : [],
  );

/** The library defines a class of all commands for each client that is created, but not for one that is copied. */
const ORIGINAL = createClient({ RESP: 2, maintNotifications: 'disabled' });

/** A client that does not reconnect, and whose errors are those of its commands. */
export const newClient = (url: string, socket: { readonly socketTimeout?: number } = {}): typeof ORIGINAL =>
  ORIGINAL.duplicate({
    url,
    socket: { reconnectStrategy: false, ...readTlsFiles(url), ...socket },
  }).on('error', () => {});

/** Resolves when the server answers. */
async function waitUntilReady(url: string): Promise<void> {
  const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
  for (;;) {
    const client = newClient(url);
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

const createRedisFolder = () => mkdtempSync(path.join(tmpdir(), 'mock-veridas-redis-'));

/** Settings of a server. A name may include words before the last one. */
type Settings = Readonly<Record<string, string>>;

/** The lines of a configuration file. */
export const formatSettings = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}\n`)
    .join('');

/** Starts a server with a configuration file that it may rewrite, and waits until it answers at its address. */
export async function startServer(
  url: string,
  config: string,
  { folder = createRedisFolder(), flags = [] }: { folder?: string; flags?: readonly string[] } = {},
): Promise<RedisServer> {
  const file = path.join(folder, 'redis.conf');
  writeFileSync(file, `${config}\n${formatSettings({ bind: '127.0.0.1', dir: folder })}`);

  let child: ChildProcess;
  let ended: Promise<unknown>;
  const start = async () => {
    child = spawn(findTool('redis') ?? '', [file, ...flags], { stdio: 'ignore' });
    ended = new Promise((resolve) => child.once('exit', resolve));
    await waitUntilReady(url);
  };
  const signal = async (name: NodeJS.Signals) => {
    child.kill(name);
    if (name === 'SIGKILL' || name === 'SIGTERM') await ended;
  };
  const restore = async () => {
    child.kill('SIGCONT');
    if (child.exitCode !== null || child.signalCode !== null) await start();
  };
  const stop = async () => {
    await signal('SIGKILL');
    rmSync(folder, { recursive: true });
  };
  await start().catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, signal, restart: start, restore, stop };
}

/**
 * Starts a Redis on a free port.
 *
 * @param keeps whether its data survives a restart
 * @param password the password that every client needs
 * @param cluster whether it is a node of a cluster, without others
 * @param tls the files of a server that accepts TLS only, and only from clients with a certificate of the CA
 * @param socket whether it listens on a Unix socket instead
 * @param more other settings
 */
export async function startRedis({
  keeps = false,
  password = '',
  socket = false,
  cluster = false,
  tls,
  more = {},
}: {
  keeps?: boolean;
  password?: string;
  socket?: boolean;
  cluster?: boolean;
  tls?: TlsFiles;
  more?: Settings;
} = {}): Promise<RedisServer> {
  const folder = createRedisFolder();
  const port = await findFreePort();
  const file = path.join(folder, 'redis.sock');
  const login = password === '' ? '' : `:${encodeURIComponent(password)}@`;
  const query = tls && `/?${new URLSearchParams({ ...tls })}`;
  const url = query
    ? `rediss://${login}127.0.0.1:${port}${query}`
    : socket
      ? `unix://${login}${file}`
      : `redis://${login}127.0.0.1:${port}`;
  const settings = {
    port: socket || tls ? '0' : String(port),
    save: '',
    ...(socket && { unixsocket: file }),
    ...(tls && formatTls(tls, String(port))),
    // By default 10,000 above the other, where connections start.
    ...(cluster && { 'cluster-enabled': 'yes', 'cluster-port': String(await findFreePort()) }),
    // What is written survives a kill. Waiting for the disk stops a server for longer than clients wait.
    ...(keeps && { appendonly: 'yes', appendfsync: 'no' }),
    ...(password !== '' && { requirepass: password }),
    ...more,
  };
  return startServer(url, formatSettings(settings), { folder });
}

/** Returns a unique key prefix. */
export const createPrefix = (): string => `test-${randomUUID()}:`;
