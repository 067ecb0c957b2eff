import { readFileSync } from 'node:fs';
import { StoreUnavailable } from '../store.ts';
import { formatLocation, listTlsFiles, type RedisLocation } from './location.ts';
import {
  APPEND,
  CHECK,
  CLEAR,
  CLEAR_PARTS,
  GREET,
  LIST,
  OWNERS,
  PART,
  PARTS,
  READ,
  SWAP,
} from './scripts.ts';
import { createSubscriber } from './subscriber.ts';

const SCRIPTS = { APPEND, CHECK, CLEAR, CLEAR_PARTS, GREET, LIST, OWNERS, PART, PARTS, READ, SWAP };
export type ScriptName = keyof typeof SCRIPTS;

/** One connection to a server; not used again once it is lost. */
export interface RedisClient {
  /** Connects and subscribes to the channel. */
  connect(): Promise<void>;
  run(script: ScriptName, ...args: string[]): Promise<unknown>;
  /** `master`, or `slave` and the host and port of its master, or `sentinel` and the names of the masters that it knows. */
  readRole(): Promise<readonly unknown[]>;
  /** What the server does with data when its memory is full; undefined when the user may not ask for it. */
  readEvictionPolicy(): Promise<string | undefined>;
  /** Closes the connection; pending commands fail. */
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 1_000;
const SENTINEL_CONNECT_TIMEOUT_MS = 2_500;
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
  const script = (SCRIPT: string) =>
    defineScript({
      SCRIPT,
      NUMBER_OF_KEYS: 1,
      // The library copies these to its next connection: nothing may be specific to this one.
      parseCommand(parser, prefix: string, ...args: string[]) {
        parser.pushKey(prefix);
        parser.push(...args);
      },
      transformReply: undefined as unknown as () => unknown,
    });
  const scripts = Object.fromEntries(
    Object.entries(SCRIPTS).map(([name, text]) => [name, script(text)]),
  ) as Record<ScriptName, ReturnType<typeof script>>;

  const createOptions = (
    url: string,
    socket: { readonly socketTimeout?: number; readonly connectTimeout?: number } = {},
  ) =>
    ({
      url,
      RESP: 2,
      // Reconnecting and queueing are left to the caller.
      socket: { connectTimeout: CONNECT_TIMEOUT_MS, ...tls, ...socket, reconnectStrategy: false },
      disableOfflineQueue: true,
      commandOptions: { timeout: 0 },
      maintNotifications: 'disabled',
      disableClientInfo: true,
    }) as const;

  return {
    /** Whether an error is the server's answer, rather than a lost connection. */
    isReply: (error: unknown): error is Error => error instanceof ErrorReply,

    /** A connection to a Sentinel. */
    newSentinelClient: (url: string) =>
      makeDestroyable(createClient(createOptions(url, { connectTimeout: SENTINEL_CONNECT_TIMEOUT_MS }))).on(
        'error',
        () => {},
      ),

    /** A connection to a Sentinel for its messages, which notices within seconds that it is lost. */
    newSentinelListener: (url: string) =>
      makeDestroyable(
        createClient({
          ...createOptions(url, { socketTimeout: 3 * PING_INTERVAL_MS }),
          pingInterval: PING_INTERVAL_MS,
        }),
      ),

    /**
     * @param url the address of the server
     * @param onMessage called with each message on the channel
     * @param onLost called once when the connection has been lost
     */
    newClient(
      url: string,
      onMessage: (message: string) => void,
      onLost: (error: Error) => void,
    ): RedisClient {
      const client = makeDestroyable(createClient({ ...createOptions(url), scripts }));
      client.on('error', onLost);
      // On a connection of its own: Redis cuts those that subscribe when an answer is large. Until it is subscribed again,
      // changes are found by polling.
      const subscriber = createSubscriber({
        newClient: () => makeDestroyable(createClient(createOptions(url))),
        channels: [`${place.prefix}changes`],
        onMessage,
      });

      return {
        async connect() {
          await client.connect();
          await subscriber.subscribe();
        },
        run: (name, ...args) => client[name](place.prefix, ...args),
        readRole: () => client.sendCommand(['ROLE']),
        async readEvictionPolicy() {
          const info = await client.info('memory').catch(() => '');
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
