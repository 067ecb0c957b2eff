import { readFileSync } from 'node:fs';
import { StoreUnavailable } from '../store.ts';
import { LAYOUT, NO_MEMORY } from './failures.ts';
import { formatLocation, listTlsFiles, parseCluster, type RedisLocation } from './location.ts';
import { type Partition, toKeyPrefix } from './partition.ts';
import { COMMONS, COPY, REPLACE } from './scripts/copy.ts';
import { CHECK, GREET } from './scripts/greet.ts';
import { LIST, OWNERS, PART, READ } from './scripts/read.ts';
import { CLEAR, COMMIT, NAME } from './scripts/write.ts';
import { createSubscriber, type SubscribingClient } from './subscriber.ts';
import { withTimeout } from './with-timeout.ts';

const SCRIPTS = {
  CHECK,
  CLEAR,
  COMMIT,
  COMMONS,
  COPY,
  GREET,
  LIST,
  NAME,
  OWNERS,
  PART,
  READ,
  REPLACE,
};
export type ScriptName = keyof typeof SCRIPTS;

/** One connection to a server; not used again once it is lost. */
export interface RedisClient {
  /** Connects, and subscribes to the channels. */
  connect(): Promise<void>;
  /** Subscribes to one more channel of a partition. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** The layout that the keys have: this one, or that of another version. */
  readLayout(key: string): Promise<string>;
  /** Runs a script, which may touch the keys of the partition only. */
  run(partition: Partition, script: ScriptName, ...args: string[]): Promise<unknown>;
  /** `master`, or `slave` and the host and port of its master, or `sentinel` and the names of the masters that it knows. */
  readRole(): Promise<readonly unknown[]>;
  /** What the server does with data when its memory is full; undefined when the user may not ask for it, or it does not answer. */
  readEvictionPolicy(): Promise<string | undefined>;
  /** Closes the connection; pending commands fail. */
  destroy(): void;
}

/** A connection to a server that knows which servers to use. */
export interface TopologyClient {
  connect(): Promise<unknown>;
  sendCommand<T>(words: readonly string[]): Promise<T>;
  destroy(): void;
}

interface ClientListeners {
  /** The channels to subscribe to. */
  readonly channels: readonly string[];
  /** A channel that is joined and left, to find out whether that is allowed. */
  readonly tried: string;
  /** Called with each message on a channel. */
  readonly onMessage: (message: string, channel: string) => void;
  /** Called when messages may have been missed. */
  readonly onMissed: () => void;
  /** Called when the server has given up a channel. */
  readonly onChannelMoved: () => void;
  /** Called once when the connection has been lost. */
  readonly onLost: (error: Error) => void;
}

/** For connecting, and for questions that a start can do without. */
const CONNECT_TIMEOUT_MS = 1_000;
const TOPOLOGY_CONNECT_TIMEOUT_MS = 2_500;
const PING_INTERVAL_MS = 1_000;
/** The error codes of `import` and of `require`, which the bundled command uses. */
const NOT_INSTALLED_CODES = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

async function loadRedis(place: RedisLocation) {
  try {
    return await import('redis');
  } catch (error) {
    if (!NOT_INSTALLED_CODES.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new StoreUnavailable(
      `the store at ${formatLocation(place)} needs the package redis, which is not installed: npm install redis`,
    );
  }
}

/** Reads the files that an address names. */
function readTls({ url }: RedisLocation): Record<string, string | true> {
  const files = listTlsFiles(url);
  if (files.some(([name]) => name === 'cert') !== files.some(([name]) => name === 'key'))
    throw new StoreUnavailable('store: cert and key go together in the address of a store');
  const contents = files.map(([name, file]) => {
    try {
      return [name, readFileSync(file, 'utf8')];
    } catch (error) {
      throw new StoreUnavailable(`store: ${name} cannot be read: ${(error as Error).message}`);
    }
  });
  return { ...(url.startsWith('rediss') && { tls: true }), ...Object.fromEntries(contents) };
}

interface Destroyable {
  readonly isOpen: boolean;
  on(event: 'connect', listener: () => void): unknown;
  destroy(): void;
}

/** Makes `destroy` work while the client connects, too. The library's leaves such a connection open. */
function makeDestroyable<C extends Destroyable>(client: C): C {
  const destroy = client.destroy.bind(client);
  let hasSocket = false;
  let isDestroyed = false;
  client.on('connect', () => {
    hasSocket = true;
    if (isDestroyed) destroy();
  });
  client.destroy = () => {
    isDestroyed = true;
    if (hasSocket && client.isOpen) destroy();
  };
  return client;
}

/**
 * @throws {StoreUnavailable} the library is not installed, or a file of the address cannot be read
 */
export async function createClientFactory(place: RedisLocation) {
  const { createClient, defineScript, ErrorReply } = await loadRedis(place);
  const tls = readTls(place);
  const isCluster = parseCluster(place.url) !== undefined;
  const script = (text: string) =>
    defineScript({
      // Messages of channels are broadcast to all nodes, those of sharded channels only to the replicas.
      SCRIPT: isCluster ? text.replaceAll("'PUBLISH'", "'SPUBLISH'") : text,
      NUMBER_OF_KEYS: isCluster ? 2 : 1,
      // The library copies these to its next connection: nothing may be specific to this one.
      parseCommand(parser, keyPrefix: string, ...args: string[]) {
        parser.pushKey(keyPrefix);
        // With two keys that do not exist, neither node serves a slot that is being moved: each has only some of its keys.
        if (isCluster) parser.pushKey(`${keyPrefix}moving`);
        parser.push(...args);
      },
      transformReply: undefined as unknown as () => unknown,
    });
  const scripts = Object.fromEntries(
    Object.entries(SCRIPTS).map(([name, text]) => [name, script(text)]),
  ) as Record<ScriptName, ReturnType<typeof script>>;

  // `createClient` defines a class of all commands, which takes 60 ms. A copy uses the class of its original.
  const original = createClient({
    scripts,
    RESP: 2,
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    disableClientInfo: true,
  });
  const copyClient = (
    url: string,
    socket: { readonly socketTimeout?: number; readonly connectTimeout?: number } = {},
    options: { readonly pingInterval?: number } = {},
  ) =>
    makeDestroyable(
      original.duplicate({
        url,
        // Reconnecting and queueing are left to the caller.
        socket: { connectTimeout: CONNECT_TIMEOUT_MS, ...tls, ...socket, reconnectStrategy: false },
        ...options,
      }),
    );

  return {
    /** Whether an error is the server's answer, rather than a lost connection. */
    isReply: (error: unknown): error is Error => error instanceof ErrorReply,

    /** A connection to a Sentinel or a node of a cluster, to ask which servers to use. */
    newTopologyClient: (url: string): TopologyClient =>
      copyClient(url, { connectTimeout: TOPOLOGY_CONNECT_TIMEOUT_MS }).on('error', () => {}),

    /** A connection to a Sentinel for its messages, which notices within seconds that it is lost. */
    newSentinelListener: (url: string): SubscribingClient =>
      copyClient(url, { socketTimeout: 3 * PING_INTERVAL_MS }, { pingInterval: PING_INTERVAL_MS }),

    /** A connection to the server at `url`. */
    newClient(
      url: string,
      { channels, tried, onMessage, onMissed, onChannelMoved, onLost }: ClientListeners,
    ): RedisClient {
      const client = copyClient(url);
      client.on('error', onLost);
      // On a connection of its own: Redis cuts those that subscribe when an answer is large. Until it is subscribed again,
      // changes are found by polling.
      const subscriber = createSubscriber({
        newClient: () => copyClient(url),
        channels,
        isSharded: isCluster,
        tried,
        onMessage,
        onSubscribed: onMissed,
        onChannelMoved,
      });

      return {
        async connect() {
          await client.connect();
          await subscriber.subscribe();
        },
        run: (partition, name, ...args) => client[name](toKeyPrefix(place.prefix, partition), ...args),
        subscribe: subscriber.add,
        unsubscribe: subscriber.remove,
        async readLayout(key) {
          const read = () => client.hGet(key, 'layout');
          try {
            return (
              (await read()) ??
              ((await client.hSetNX(key, 'layout', LAYOUT)) === 1 ? LAYOUT : ((await read()) ?? ''))
            );
          } catch (error) {
            const { message } = error as Error;
            // In the first layout it was a text. A full server that has lost it still reads and deletes.
            if (message.startsWith('WRONGTYPE')) return '1';
            if (NO_MEMORY.test(message)) return LAYOUT;
            throw error;
          }
        },
        readRole: () => client.sendCommand(['ROLE']),
        async readEvictionPolicy() {
          const info = await withTimeout(CONNECT_TIMEOUT_MS, client.info('memory')).catch(() => '');
          return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
        },
        destroy() {
          client.destroy();
          subscriber.destroy();
        },
      };
    },
  };
}

export type ClientFactory = Awaited<ReturnType<typeof createClientFactory>>;
