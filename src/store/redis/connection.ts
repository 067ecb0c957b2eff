import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate as nextRound, setTimeout as wait } from 'node:timers/promises';
import { StoreUnavailable } from '../store.ts';
import {
  type RedisClient,
  type RedisPlace,
  reasonOf,
  redisClients,
  type ScriptName,
  shownPlace,
} from './client.ts';

/** Runs a script on the server. */
export type Run = RedisClient['run'];

export interface ConnectionParts extends RedisPlace {
  /** Told of what is said on the channel. */
  readonly heard: (message: string) => void;
  /** Told, once each, when the store goes away and when it is back. */
  readonly tell: (line: string) => void;
  /** Lets what must be there be there again, when the server has lost everything; nobody else is let in before. */
  readonly refill: (run: Run) => Promise<void>;
}

export interface Connection {
  /** @throws {StoreUnavailable} at once while the store is away, and after {@link SILENCE_MS} when it goes */
  readonly run: Run;
  /** Answers when what was begun has been done. */
  close(): Promise<void>;
}

/** A server that has said nothing for so long while something is asked of it is away. */
const SILENCE_MS = 1_000;
/** A connection must stand, and its server have answered, within this. */
const GREETING_MS = 1_500;
const RETRY_MS = 250;
/** At the start it may still be about to come. */
const START_PATIENCE_MS = 3_000;

/** What a server says that can do nothing now for anybody; anything else is about what it was asked. */
const UNABLE =
  /\b(?:LOADING|OOM|READONLY|MISCONF|NOAUTH|NOPERM|WRONGPASS|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|BUSY|UNKILLABLE)\b/;
/** Of these it may be rid soon by itself. */
const PASSING = /\b(?:LOADING|BUSY|MASTERDOWN)\b/;

/** `work`, or an error when it takes longer than `limit` milliseconds. */
async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const late = wait(limit, undefined, cancel).then(() => {
    throw new Error(`no answer for ${limit} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => {});
    cancel.abort();
  }
}

/**
 * Keeps one connection to a server, and makes another whenever it is lost. The library's own reconnecting waits
 * for ever for a server that stands still.
 *
 * @throws {StoreUnavailable} the server cannot be reached, or does not let us in
 */
export async function redisConnection(parts: ConnectionParts): Promise<Connection> {
  const { heard, tell } = parts;
  const clients = await redisClients(parts);
  const named = `the store at ${shownPlace(parts)}`;
  const unavailable = (why: string) => new StoreUnavailable(`${named} is away: ${why}`);

  let present: RedisClient | undefined;
  let attempt: RedisClient | undefined;
  let away = unavailable('it was not asked yet');
  let closed = false;
  let born: unknown;

  /** A connection over which the server has proved that it reads and writes. */
  async function connected(): Promise<RedisClient> {
    const client = clients.newClient(heard, (error) => lose(client, error));
    attempt = client;
    try {
      const now = await within(
        GREETING_MS,
        client.connect().then(() => client.run('GREET')),
      );
      if (born !== undefined && born !== now) await within(GREETING_MS, parts.refill(client.run));
      born = now;
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  async function reconnect(): Promise<void> {
    while (present === undefined && !closed) {
      await wait(RETRY_MS);
      try {
        const client = await connected();
        if (closed) return;
        present = client;
        tell(`${named} is back`);
      } catch (error) {
        away = unavailable(reasonOf(error, parts));
      }
    }
  }

  /** Gives up a connection, if it is the present one, and looks for another. */
  function lose(client: RedisClient, error: unknown): void {
    if (client !== present) return;
    present = undefined;
    away = unavailable(reasonOf(error, parts));
    client.destroy();
    if (closed) return;
    tell(`${away.message}; requests are answered with 503 until it is back`);
    void reconnect();
  }

  let pending = 0;
  let answers = 0;
  let silence: NodeJS.Timeout | undefined;

  /** Gives the connection up when nothing more is heard, from now on, of what is asked. */
  function listen(): void {
    clearTimeout(silence);
    if (pending === 0) return;
    silence = setTimeout(async () => {
      const before = answers;
      // A process that was busy itself finds the answers only now.
      await nextRound();
      if (before === answers && present !== undefined)
        lose(present, new Error(`no answer for ${SILENCE_MS} ms`));
    }, SILENCE_MS);
  }

  async function run(script: ScriptName, ...args: string[]): Promise<unknown> {
    const client = present;
    if (client === undefined) throw away;
    pending += 1;
    if (pending === 1) listen();
    try {
      return await client.run(script, ...args);
    } catch (error) {
      if (clients.isRefusal(error) && !UNABLE.test((error as Error).message)) throw error;
      lose(client, error);
      throw away;
    } finally {
      pending -= 1;
      answers += 1;
      listen();
    }
  }

  const isFinal = (error: unknown) => clients.isRefusal(error) && !PASSING.test((error as Error).message);

  /** The first connection, for which a server that is just starting is given time. */
  async function first(): Promise<RedisClient> {
    const giveUp = AbortSignal.timeout(START_PATIENCE_MS);
    for (;;) {
      try {
        return await connected();
      } catch (error) {
        if (isFinal(error) || giveUp.aborted) {
          throw new StoreUnavailable(`${named} cannot be used: ${reasonOf(error, parts)}`);
        }
        await wait(RETRY_MS);
      }
    }
  }

  present = await first();
  return {
    run,
    async close() {
      // What is done when a page has gone is several steps, and each begins when the one before was answered.
      do await nextRound();
      while (pending > 0);
      closed = true;
      clearTimeout(silence);
      present?.destroy();
      attempt?.destroy();
    },
  };
}
