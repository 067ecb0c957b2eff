import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate as nextRound, setTimeout as wait } from 'node:timers/promises';
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
  /** Told of what is said on the channel. */
  readonly onMessage: (message: string) => void;
  /** Told, once each, when the store goes away and when it is back. */
  readonly onStatusChange: (line: string) => void;
  /** Lets what must be there be there again, when the server has lost everything; nobody else is let in before. */
  readonly reseed: (run: RunScript) => Promise<void>;
}

export interface Connection {
  /** @throws {StoreUnavailable} at once while the store is away, and after {@link REPLY_TIMEOUT_MS} when it goes */
  readonly run: RunScript;
  /** Answers when what was begun has been done. */
  close(): Promise<void>;
}

/** A server that has said nothing for so long while something is asked of it is away. */
const REPLY_TIMEOUT_MS = 1_000;
/** A connection must stand, and its server have answered, within this. */
const HANDSHAKE_TIMEOUT_MS = 1_500;
const RETRY_DELAY_MS = 250;
/** At the start it may still be about to come. */
const START_TIMEOUT_MS = 3_000;

/** What a server says that can do nothing now for anybody; anything else is about what it was asked. */
const UNUSABLE_SERVER =
  /\b(?:LOADING|OOM|READONLY|MISCONF|NOAUTH|NOPERM|WRONGPASS|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|BUSY|UNKILLABLE)\b/;
/** Of these it may be rid soon by itself. */
const TEMPORARY_ERROR = /\b(?:LOADING|BUSY|MASTERDOWN)\b/;

/** `work`, or an error when it takes longer than `limit` milliseconds. */
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
 * Keeps one connection to a server, and makes another whenever it is lost. The library's own reconnecting waits
 * for ever for a server that stands still.
 *
 * @throws {StoreUnavailable} the server cannot be reached, or does not let us in
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { onMessage, onStatusChange } = options;
  const clients = await createClientFactory(options);
  const label = `the store at ${formatLocation(options)}`;
  const createUnavailable = (why: string) => new StoreUnavailable(`${label} is away: ${why}`);

  let current: RedisClient | undefined;
  let attempt: RedisClient | undefined;
  let unavailableError = createUnavailable('it was not asked yet');
  let isClosed = false;
  let dataBornAt: unknown;

  /** A connection over which the server has proved that it reads and writes. */
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
        onStatusChange(`${label} is back`);
      } catch (error) {
        unavailableError = createUnavailable(describeFailure(error, options));
      }
    }
  }

  /** Gives up a connection, if it is the present one, and looks for another. */
  function dropConnection(client: RedisClient, error: unknown): void {
    if (client !== current) return;
    current = undefined;
    unavailableError = createUnavailable(describeFailure(error, options));
    client.destroy();
    if (isClosed) return;
    onStatusChange(`${unavailableError.message}; requests are answered with 503 until it is back`);
    void reconnect();
  }

  let pending = 0;
  let replies = 0;
  let replyTimer: NodeJS.Timeout | undefined;

  /** Gives the connection up when nothing more is heard, from now on, of what is asked. */
  function restartReplyTimer(): void {
    clearTimeout(replyTimer);
    if (pending === 0) return;
    replyTimer = setTimeout(async () => {
      const before = replies;
      // A process that was busy itself finds the answers only now.
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

  /** The first connection, for which a server that is just starting is given time. */
  async function connectFirst(): Promise<RedisClient> {
    const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
    for (;;) {
      try {
        return await connectOnce();
      } catch (error) {
        if (isFinal(error) || giveUp.aborted) {
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
      // What is done when a page has gone is several steps, and each begins when the one before was answered.
      do await nextRound();
      while (pending > 0);
      isClosed = true;
      clearTimeout(replyTimer);
      current?.destroy();
      attempt?.destroy();
    },
  };
}
