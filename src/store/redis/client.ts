import { StoreUnavailable } from '../store.ts';
import { APPEND, CLEAR, GREET, LIST, PART, PARTS, READ, SWAP } from './scripts.ts';

const SCRIPTS = { APPEND, CLEAR, GREET, LIST, PART, PARTS, READ, SWAP };
export type ScriptName = keyof typeof SCRIPTS;

/** One connection to a server, which is not used again once it is lost. */
export interface RedisClient {
  /** Connects and listens to the channel. */
  connect(): Promise<void>;
  run(script: ScriptName, ...args: string[]): Promise<unknown>;
  /** Ends the connection, and with it whatever waits for an answer. */
  destroy(): void;
}

/** How a connection is to be made. */
export interface RedisLocation {
  /** `redis://`, `rediss://` or `unix://`, with the password where one is asked for. */
  readonly url: string;
  /** Stands before every key and channel. */
  readonly prefix: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
/** How `import` says it, and how `require` does, which the bundled command has. */
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

/**
 * @throws {StoreUnavailable} the library is not installed
 */
export async function createClientFactory(place: RedisLocation) {
  const { createClient, defineScript, ErrorReply } = await loadRedis(place);
  const script = (SCRIPT: string) =>
    defineScript({
      SCRIPT,
      NUMBER_OF_KEYS: 1,
      // The library keeps these for the next place too: nothing in here may be about this one.
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
    /** Whether the server itself has said no, and not for what it is asked but for how it is. */
    isRefusal: (error: unknown): boolean => error instanceof ErrorReply,

    /**
     * @param onMessage told of what is said on the channel
     * @param onLost told once when the connection has ended by itself
     */
    newClient(onMessage: (message: string) => void, onLost: (error: Error) => void): RedisClient {
      const client = createClient({
        url: place.url,
        scripts,
        // Whoever keeps this connection knows when to make another, and until then asks nothing.
        socket: { reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT_MS },
        disableOfflineQueue: true,
        commandOptions: { timeout: 0 },
        maintNotifications: 'disabled',
      });
      client.on('error', onLost);
      return {
        async connect() {
          await client.connect();
          await client.subscribe(`${place.prefix}hints`, onMessage);
        },
        run: (name, ...args) => client[name](place.prefix, ...args),
        destroy: () => client.destroy(),
      };
    },
  };
}

/** Where a store is, without what only its server should be told. */
export const formatLocation = ({ url }: RedisLocation): string => url.replace(/^([a-z]+:\/\/)[^@/]*@/, '$1');

/** Every form in which the password could come back in a message. */
function findPasswords({ url }: RedisLocation): string[] {
  const encoded = /^[a-z]+:\/\/[^:@/]*:([^@/]*)@/.exec(url)?.[1] ?? '';
  return [encoded, decodeURIComponent(encoded)].filter(Boolean);
}

const ERROR_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing is listening there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  EACCES: 'this user may not use it',
  'Socket closed unexpectedly': 'the connection was closed',
};

/** Why something failed, in words and without the password. */
export function describeFailure(error: unknown, place: RedisLocation): string {
  // A name with addresses of both families fails with one error for each.
  const one = ((error as AggregateError).errors?.[0] ?? error) as NodeJS.ErrnoException;
  const reason = ERROR_REASONS[one.code ?? one.message] ?? one.message;
  return findPasswords(place).reduce((text, secret) => text.replaceAll(secret, '***'), reason);
}
