import { readFileSync } from 'node:fs';
import { clearTimeout, setTimeout } from '../../system/timers.ts';
import { StoreUnavailable } from '../store.ts';
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

const SCRIPTS = { APPEND, CHECK, CLEAR, CLEAR_PARTS, GREET, LIST, OWNERS, PART, PARTS, READ, SWAP };
export type ScriptName = keyof typeof SCRIPTS;

/** One connection to a server; not used again once it is lost. */
export interface RedisClient {
  /** Connects and subscribes to the channel. */
  connect(): Promise<void>;
  run(script: ScriptName, ...args: string[]): Promise<unknown>;
  /** What the server does with data when its memory is full; undefined when the user may not ask for it. */
  readEvictionPolicy(): Promise<string | undefined>;
  /** Closes the connection; pending commands fail. */
  destroy(): void;
}

/** How to connect. */
export interface RedisLocation {
  /**
   * `redis://`, `rediss://` or `unix://`, with the password if one is required. The query of `rediss://` may name files in
   * PEM: `ca` to trust, and `cert` with `key` to identify with.
   */
  readonly url: string;
  /** Prefix of every key and channel. */
  readonly prefix: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
export const RETRY_DELAY_MS = 250;
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

/** Reads the files that the query of a `rediss://` address names. */
function readTls({ url }: RedisLocation): Record<string, string | true> {
  if (!url.startsWith('rediss:')) return {};
  const files = Object.fromEntries(new URL(url).searchParams);
  if ((files.cert === undefined) !== (files.key === undefined))
    throw new StoreUnavailable('store: cert and key go together in the address of a store');
  const contents = Object.entries(files).map(([name, file]) => {
    try {
      return [name, readFileSync(file, 'utf8')];
    } catch (error) {
      throw new StoreUnavailable(`store: ${name} cannot be read: ${(error as Error).message}`);
    }
  });
  return { tls: true, ...Object.fromEntries(contents) };
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

  return {
    /** Whether an error is the server's answer, rather than a lost connection. */
    isReply: (error: unknown): error is Error => error instanceof ErrorReply,

    /**
     * @param onMessage called with each message on the channel
     * @param onLost called once when the connection has been lost
     */
    newClient(onMessage: (message: string) => void, onLost: (error: Error) => void): RedisClient {
      const options = {
        url: place.url,
        RESP: 2,
        // Reconnecting and queueing are left to the caller.
        socket: { ...tls, reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT_MS },
        disableOfflineQueue: true,
        commandOptions: { timeout: 0 },
        maintNotifications: 'disabled',
      } as const;
      const client = createClient({ ...options, scripts });
      client.on('error', onLost);

      // On a connection of its own: Redis cuts those that subscribe when an answer is large.
      let subscriber: Pick<typeof client, 'isOpen' | 'destroy'> | undefined;
      let retry: NodeJS.Timeout | undefined;
      let isDestroyed = false;
      const closeSubscriber = () => subscriber?.isOpen && subscriber.destroy();
      async function subscribe(): Promise<void> {
        const own = createClient(options);
        subscriber = own;
        own.on('error', () => own === subscriber && resubscribe());
        await own.connect();
        await own.subscribe(`${place.prefix}changes`, onMessage);
      }
      /** Until it is subscribed again, changes are found by polling. */
      function resubscribe(): void {
        clearTimeout(retry);
        closeSubscriber();
        if (!isDestroyed) retry = setTimeout(() => subscribe().catch(resubscribe), RETRY_DELAY_MS);
      }

      return {
        async connect() {
          await client.connect();
          await subscribe();
        },
        run: (name, ...args) => client[name](place.prefix, ...args),
        async readEvictionPolicy() {
          const info = await client.info('memory').catch(() => '');
          return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
        },
        destroy() {
          isDestroyed = true;
          clearTimeout(retry);
          client.destroy();
          closeSubscriber();
        },
      };
    },
  };
}

/** The address of a store, without credentials. */
export const formatLocation = ({ url }: RedisLocation): string =>
  url.replace(/^([a-z]+:\/\/)[^@/]*@/, '$1').replace(/^(rediss:[^?]*)\?.*$/, '$1');

/** Every form in which the password may appear in a message. */
function findPasswords({ url }: RedisLocation): string[] {
  const encoded = /^[a-z]+:\/\/[^:@/]*:([^@/]*)@/.exec(url)?.[1] ?? '';
  return [encoded, decodeURIComponent(encoded)].filter(Boolean);
}

const UNTRUSTED =
  'its certificate is not trusted: add ?ca=FILE to the address, with the certificate of its CA';
const ERROR_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'the socket does not exist',
  ENOTFOUND: 'the host cannot be found',
  EAI_AGAIN: 'the name of the host cannot be resolved now',
  EACCES: 'this user may not use it',
  'Socket closed unexpectedly': 'the connection was closed',
  ECONNRESET: 'the connection was closed; a server that expects TLS needs a rediss:// address',
  'Connection timeout': 'no answer; a server without TLS needs a redis:// address',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not use TLS; it needs a redis:// address',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it asks for a client certificate: add ?cert=FILE&key=FILE to the address',
};

/** The message of an error, without the password. */
export function describeFailure(error: unknown, place: RedisLocation): string {
  // A host name with IPv4 and IPv6 addresses fails with one error for each.
  const one = ((error as AggregateError).errors?.[0] ?? error) as NodeJS.ErrnoException;
  const reason = ERROR_REASONS[one.code ?? one.message] ?? one.message;
  // Redis adds to an error in a script where in the script it was.
  const words = reason
    .replace(/^ERR (?=[A-Z]{3,} )/, '')
    .replace(/ script: [0-9a-f]{40}, on @\w+:\d+\.?$/, '');
  return findPasswords(place).reduce((text, secret) => text.replaceAll(secret, '***'), words);
}
