import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  findFreePort,
  formatSettings,
  formatTls,
  newClient,
  type RedisServer,
  startRedis,
  startServer,
  type TlsFiles,
} from './redis.ts';

const REPLICAS = 2;
const SENTINELS = 3;
export const MASTER_NAME = 'simulators';
/** The configuration of the Sentinels of docker-compose.yml. */
const CONFIG = readFileSync(path.join(import.meta.dirname, '../../docker/sentinel.conf'), 'utf8');

/** A master, its replicas, and the Sentinels that watch them. */
export interface SentinelGroup {
  /** The address for `--store`. */
  readonly url: string;
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** Kills a master once its replicas have all that it has answered. What they lack would be lost by design. */
  killWhenReplicated(master: RedisServer): Promise<void>;
  /** The server that the Sentinels call the master. */
  findMaster(): Promise<RedisServer>;
  /** Resolves when the Sentinels have replaced this master, and the others follow the new one. */
  waitUntilReplaced(master: RedisServer): Promise<RedisServer>;
  /** Resolves when every server that runs follows the master. */
  waitUntilWhole(): Promise<void>;
  stop(): Promise<void>;
}

/** A server that is silent for longer is frozen. */
const ANSWER_TIMEOUT_MS = 3_000;

/** Sends one command to a server. */
export async function command<T>({ url }: RedisServer, ...args: string[]): Promise<T> {
  const client = newClient(url, { socketTimeout: ANSWER_TIMEOUT_MS });
  try {
    await client.connect();
    return (await client.sendCommand(args)) as T;
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/** Repeats an attempt until it returns something. A server closes connections when its role changes. */
export async function repeatUntil<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  const giveUp = AbortSignal.timeout(60_000);
  for (;;) {
    const found = await attempt().catch(() => undefined);
    if (found !== undefined) return found;
    giveUp.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Starts a master, two replicas and three Sentinels.
 *
 * @param password the password of the servers
 * @param sentinelPassword the password of the Sentinels
 * @param tls the files of all, which accept TLS only, and only from clients with a certificate of the CA
 * @param silenceMs how long a master may be silent before the Sentinels replace it
 */
export async function startSentinelGroup({
  password = '',
  sentinelPassword = '',
  tls,
  silenceMs = 1_000,
}: {
  password?: string;
  sentinelPassword?: string;
  tls?: TlsFiles;
  silenceMs?: number;
} = {}): Promise<SentinelGroup> {
  const common = {
    'repl-diskless-sync-delay': '0',
    ...(password !== '' && { masterauth: password }),
    ...(tls && { 'tls-replication': 'yes' }),
  };
  const master = await startRedis({ keeps: true, password, ...(tls && { tls }), more: common });
  const port = (server: RedisServer) => new URL(server.url).port;
  const replicate = { ...common, 'replicaof 127.0.0.1': port(master) };
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, () =>
      startRedis({ keeps: true, password, ...(tls && { tls }), more: replicate }),
    ),
  );
  const servers = [master, ...replicas];
  const scheme = tls ? 'rediss' : 'redis';
  const files = tls ? `/?${new URLSearchParams({ ...tls })}` : '';
  const login = (text: string) => (text === '' ? '' : `:${encodeURIComponent(text)}@`);
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, async () => {
      const own = String(await findFreePort());
      const settings = {
        [`sentinel down-after-milliseconds ${MASTER_NAME}`]: String(silenceMs),
        ...(tls && { ...formatTls(tls, own), port: '0', 'tls-replication': 'yes' }),
        ...(password !== '' && { [`sentinel auth-pass ${MASTER_NAME}`]: password }),
        ...(sentinelPassword !== '' && {
          requirepass: sentinelPassword,
          'sentinel sentinel-pass': sentinelPassword,
        }),
      };
      const config = CONFIG.replace('port 26379', `port ${own}`).replace(
        'redis-one 6379',
        `127.0.0.1 ${port(master)}`,
      );
      return startServer(
        `${scheme}://${login(sentinelPassword)}127.0.0.1:${own}${files}`,
        config + formatSettings(settings),
        { flags: ['--sentinel'] },
      );
    }),
  );

  /** The master in the eyes of all Sentinels. */
  async function findMaster(): Promise<RedisServer> {
    const ports = await Promise.all(
      sentinels.map(async (one) => {
        const [, known] = await command<[string, string]>(
          one,
          'SENTINEL',
          'GET-MASTER-ADDR-BY-NAME',
          MASTER_NAME,
        );
        return known;
      }),
    );
    const found = servers.find((one) => ports.every((known) => known === port(one)));
    if (found === undefined) throw new Error('the Sentinels differ');
    return found;
  }
  const waitUntilWhole = () =>
    repeatUntil(async () => {
      const current = await findMaster();
      for (const one of servers) {
        const role = await command<string[]>(one, 'ROLE').catch(() => undefined);
        if (one === current && role?.[0] !== 'master') return undefined;
        if (one !== current && role && (`${role[2]}` !== port(current) || role[3] !== 'connected'))
          return undefined;
      }
      for (const one of sentinels) {
        const known = await command<string[]>(one, 'SENTINEL', 'MASTER', MASTER_NAME);
        const read = (name: string) => known[known.indexOf(name) + 1];
        if (read('num-slaves') !== `${REPLICAS}` || read('num-other-sentinels') !== `${SENTINELS - 1}`)
          return undefined;
        if (read('flags') !== 'master') return undefined;
      }
      return true;
    }).then(() => {});

  const hosts = sentinels.map((one) => `127.0.0.1:${port(one)}`).join(',');
  const query =
    sentinelPassword === '' ? '' : `${tls ? '&' : '?'}sentinel=${login(sentinelPassword).slice(0, -1)}`;
  const group: SentinelGroup = {
    url: `${scheme}+sentinel://${login(password)}${hosts}/${MASTER_NAME}${files.slice(1)}${query}`,
    servers,
    sentinels,
    async killWhenReplicated(master) {
      await command(master, 'CLIENT', 'PAUSE', '60000', 'WRITE');
      await repeatUntil(async () => {
        const [, written] = await command<[string, number]>(master, 'ROLE');
        for (const one of servers.filter((server) => server !== master)) {
          const [, , , , offset] = await command<[string, string, number, string, number]>(one, 'ROLE');
          if (offset < written) return undefined;
        }
        return true;
      });
      await master.signal('SIGKILL');
    },
    findMaster: () => repeatUntil(findMaster),
    waitUntilReplaced: (replaced) =>
      repeatUntil(async () => {
        const found = await findMaster();
        return found === replaced ? undefined : found;
      }),
    waitUntilWhole,
    async stop() {
      for (const one of [...sentinels, ...servers]) await one.stop();
    },
  };
  await waitUntilWhole();
  return group;
}
