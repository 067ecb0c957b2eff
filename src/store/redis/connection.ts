import { systemTime } from '../../system/clock.ts';
import { clearTimeout, nextRound, setTimeout, pause as wait } from '../../system/timers.ts';
import { StoreUnavailable } from '../store.ts';
import {
  createClientFactory,
  describeFailure,
  formatLocation,
  type RedisClient,
  type RedisLocation,
  type ScriptName,
} from './client.ts';

/** Runs a script on the server. */
export type RunScript = RedisClient['run'];

export interface ConnectionOptions extends RedisLocation {
  /** Called with each message on the channel. */
  readonly onMessage: (message: string) => void;
  /** Called once each when the store becomes unavailable and when it recovers. */
  readonly onStatusChange: (line: string) => void;
  /** Writes the seed data again after the server has lost everything; no other command runs before. */
  readonly reseed: (run: RunScript) => Promise<void>;
}

export interface Connection {
  /** @throws {StoreUnavailable} at once while the store is unavailable, and after {@link REPLY_TIMEOUT_MS} when it becomes so */
  readonly run: RunScript;
  /** Resolves when the commands in progress have finished. */
  close(): Promise<void>;
}

/** With a command outstanding, a server silent for this long counts as unavailable. */
const REPLY_TIMEOUT_MS = 1_000;
/** Connecting and the first reply must take no longer. */
const HANDSHAKE_TIMEOUT_MS = 1_500;
const RETRY_DELAY_MS = 250;
/** At the start the server may still be starting too. */
const START_TIMEOUT_MS = 3_000;

/** Errors by which a server says that it can serve no command; other errors are about the command. */
const UNUSABLE_SERVER =
  /\b(?:LOADING|OOM|READONLY|MISCONF|NOAUTH|NOPERM|WRONGPASS|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|BUSY|UNKILLABLE)\b/;
/** Errors that may go away soon. */
const TEMPORARY_ERROR = /\b(?:LOADING|BUSY|MASTERDOWN)\b/;

/** `work`, or an error when it takes longer than `timeoutMs`. */
async function withTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const timeout = wait(timeoutMs, undefined, cancel).then(() => {
    throw new Error(`no answer for ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timeout.catch(() => {});
    cancel.abort();
  }
}

/**
 * Keeps one connection to a server, and reconnects whenever it is lost. The library's own reconnecting waits forever for a
 * frozen server.
 *
 * @throws {StoreUnavailable} the server cannot be reached, or rejects the credentials
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { onMessage, onStatusChange } = options;
  const clients = await createClientFactory(options);
  const label = `the store at ${formatLocation(options)}`;
  const createUnavailable = (why: string) => new StoreUnavailable(`${label} is unavailable: ${why}`);

  let current: RedisClient | undefined;
  let attempt: RedisClient | undefined;
  let unavailableError = createUnavailable('it was not connected yet');
  let isClosed = false;
  let dataBornAt: unknown;

  /** A connection on which the server has proved that it reads and writes. */
  async function connectOnce(): Promise<RedisClient> {
    const client = clients.newClient(onMessage, (error) => dropConnection(client, error));
    attempt = client;
    try {
      const now = await withTimeout(
        HANDSHAKE_TIMEOUT_MS,
        client.connect().then(() => client.run('GREET')),
      );
      if (dataBornAt !== undefined && dataBornAt !== now)
        await withTimeout(HANDSHAKE_TIMEOUT_MS, options.reseed(client.run));
      dataBornAt = now;
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  async function reconnect(): Promise<void> {
    while (current === undefined && !isClosed) {
      await wait(RETRY_DELAY_MS);
      try {
        const client = await connectOnce();
        if (isClosed) return;
        current = client;
        onStatusChange(`${label} is available again`);
      } catch (error) {
        unavailableError = createUnavailable(describeFailure(error, options));
      }
    }
  }

  /** Drops a connection, if it is the present one, and reconnects. */
  function dropConnection(client: RedisClient, error: unknown): void {
    if (client !== current) return;
    current = undefined;
    unavailableError = createUnavailable(describeFailure(error, options));
    client.destroy();
    if (isClosed) return;
    onStatusChange(`${unavailableError.message}; requests are answered with 503 until it is available again`);
    void reconnect();
  }

  let pending = 0;
  let replies = 0;
  let replyTimer: NodeJS.Timeout | undefined;

  /** Drops the connection when outstanding commands get no reply from now on. */
  function restartReplyTimer(): void {
    clearTimeout(replyTimer);
    if (pending === 0) return;
    replyTimer = setTimeout(async () => {
      const before = replies;
      // If this process itself was blocked, the replies are read only now.
      await nextRound();
      if (before === replies && current !== undefined)
        dropConnection(current, new Error(`no answer for ${REPLY_TIMEOUT_MS} ms`));
    }, REPLY_TIMEOUT_MS);
  }

  async function run(script: ScriptName, ...args: string[]): Promise<unknown> {
    const client = current;
    if (client === undefined) throw unavailableError;
    pending += 1;
    if (pending === 1) restartReplyTimer();
    try {
      return await client.run(script, ...args);
    } catch (error) {
      if (clients.isRefusal(error) && !UNUSABLE_SERVER.test((error as Error).message)) throw error;
      dropConnection(client, error);
      throw unavailableError;
    } finally {
      pending -= 1;
      replies += 1;
      restartReplyTimer();
    }
  }

  const isFinal = (error: unknown) =>
    clients.isRefusal(error) && !TEMPORARY_ERROR.test((error as Error).message);

  /** The first connection, with time for a server that is just starting. */
  async function connectFirst(): Promise<RedisClient> {
    const giveUpAt = systemTime() + START_TIMEOUT_MS;
    for (;;) {
      try {
        return await connectOnce();
      } catch (error) {
        if (isFinal(error) || systemTime() >= giveUpAt) {
          throw new StoreUnavailable(`${label} cannot be used: ${describeFailure(error, options)}`);
        }
        await wait(RETRY_DELAY_MS);
      }
    }
  }

  current = await connectFirst();
  return {
    run,
    async close() {
      // Cleaning up after a page takes several commands in sequence.
      do await nextRound();
      while (pending > 0);
      isClosed = true;
      clearTimeout(replyTimer);
      current?.destroy();
      attempt?.destroy();
    },
  };
}
