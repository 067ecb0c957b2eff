import { systemTime } from '../../system/clock.ts';
import { clearInterval, nextRound, setInterval, pause as wait } from '../../system/timers.ts';
import { StoreUnavailable } from '../store.ts';
import { createClientFactory, type RedisClient, type ScriptName } from './client.ts';
import { LayoutMismatch, NO_MEMORY, TEMPORARY_ERROR, UNUSABLE_SERVER, WrongAddress } from './failures.ts';
import { createGreeter, type GreetingOptions, type RunScript } from './greeting.ts';
import { describeFailure, formatLocation } from './location.ts';
import type { Partition } from './partition.ts';
import { createReplyTimer } from './reply-timer.ts';
import { findWrongRole } from './role.ts';
import { LOST } from './scripts/keys.ts';
import { RETRY_DELAY_MS } from './subscriber.ts';
import { createTopology } from './topology.ts';
import { withTimeout } from './with-timeout.ts';

export interface ConnectionOptions extends GreetingOptions {
  /** Called with each message on a channel. */
  readonly onMessage: (message: string, channel: string) => void;
  /** Called when messages may have been missed. */
  readonly onMissed: () => void;
}

export interface Connection {
  /** @throws {StoreUnavailable} at once while the store is unavailable, and after a second when it becomes so */
  readonly run: RunScript;
  /** Subscribes to a channel, also on every later connection. Resolves when it is, or when there is no connection now. */
  subscribe(partition: Partition, channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** @throws {StoreUnavailable} the store cannot be read or written now */
  check(): Promise<void>;
  /** Resolves when the commands in progress have finished. */
  close(): Promise<void>;
}

/** Connecting and the first reply must take no longer. */
const HANDSHAKE_TIMEOUT_MS = 1_500;
/** At the start the server may still be starting too, or a master may be replaced. */
const START_TIMEOUT_MS = 3_000;
const START_TIMEOUT_WITH_SENTINELS_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** How often a command is run again because data was lost. */
const MAX_RESTORES = 5;

/**
 * Keeps one connection to a server, and reconnects whenever it is lost. The library's own reconnecting waits forever for a
 * frozen server.
 *
 * @throws {StoreUnavailable} the server cannot be reached, or rejects the credentials
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { onMessage, onMissed, onStatusChange } = options;
  const clients = await createClientFactory(options);
  const label = `the store at ${formatLocation(options)}`;
  const { greet, check: checkAll, runOn } = createGreeter(options);
  const createUnavailable = (why: string) => new StoreUnavailable(`${label} is unavailable: ${why}`);

  let current: RedisClient | undefined;
  let attempt: RedisClient | undefined;
  /** The server in use, if the address does not name it. */
  let server = '';
  const describe = (error: unknown) => server + describeFailure(error, options);
  let unavailableError = createUnavailable('it was not connected yet');
  let isClosed = false;
  let isFull = false;
  const channels = new Map<string, Partition>();
  let leaveAttempt = (_why: Error): void => {};
  const topology = createTopology(options, clients, (why) => {
    leaveAttempt(why);
    if (current !== undefined) dropConnection(current, why);
  });

  async function greetMaster(client: RedisClient): Promise<void> {
    if (topology.canChange) {
      const [role] = await client.readRole();
      if (role !== 'master') throw new Error('it is no longer a master');
    }
    await greet(client).catch(async (error: unknown) => {
      const why = clients.isReply(error) ? await findWrongRole(client) : undefined;
      throw why === undefined || topology.canChange ? error : new WrongAddress(why);
    });
  }

  /** A connection on which the server has proved that it can be used. */
  async function connectOnce(timeoutMs = HANDSHAKE_TIMEOUT_MS): Promise<RedisClient> {
    server = '';
    const url = await topology.findMaster();
    server = topology.canChange ? `${new URL(url).host}: ` : '';
    const client = clients.newClient(
      url,
      channels,
      onMessage,
      () => client === current && onMissed(),
      (error) => dropConnection(client, error),
    );
    attempt = client;
    const left = new Promise<never>((_, reject) => {
      leaveAttempt = reject;
    });
    try {
      await withTimeout(timeoutMs, Promise.race([client.connect(), left]));
      await withTimeout(timeoutMs, Promise.race([greetMaster(client), left]));
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
        onMissed();
      } catch (error) {
        unavailableError = createUnavailable(describe(error));
      }
    }
  }

  /** Drops a connection, if it is the present one, and reconnects. */
  function dropConnection(client: RedisClient, error: unknown): void {
    if (client !== current) return;
    current = undefined;
    isFull = false;
    unavailableError = createUnavailable(describe(error));
    client.destroy();
    if (isClosed) return;
    onStatusChange(`${unavailableError.message}; requests are answered with 503 until it is available again`);
    void reconnect();
  }

  const replies = createReplyTimer((why) => {
    if (current !== undefined) dropConnection(current, why);
  });

  let restoring: Promise<void> | undefined;
  /** Greets a server that has lost data; commands that have noticed it wait for that. */
  const restore = (client: RedisClient): Promise<void> => {
    restoring ??= withTimeout(HANDSHAKE_TIMEOUT_MS, greet(client))
      .then(onMissed)
      .catch((error) => {
        dropConnection(client, error);
        throw unavailableError;
      })
      .finally(() => {
        restoring = undefined;
      });
    return restoring;
  };

  /** Without memory a server still reads and deletes. */
  function refuseFull(error: Error): never {
    const full = new StoreUnavailable(`${label} is full: ${describe(error)}`);
    if (!isFull)
      onStatusChange(`${full.message}; requests that write are answered with 503 until it has room`);
    isFull = true;
    throw full;
  }

  async function runOnce(
    client: RedisClient,
    ...[partition, script, ...args]: Parameters<RunScript>
  ): Promise<unknown> {
    try {
      return await runOn(client)(partition, script, ...args);
    } catch (error) {
      if (clients.isReply(error) && NO_MEMORY.test(error.message)) return refuseFull(error);
      if (clients.isReply(error) && !UNUSABLE_SERVER.test(error.message)) throw error;
      // The greeting names the command and the key.
      const why = clients.isReply(error) ? await greet(client).catch((named: unknown) => named) : undefined;
      dropConnection(client, why ?? error);
      throw unavailableError;
    }
  }

  async function run(partition: Partition, script: ScriptName, ...args: string[]): Promise<unknown> {
    const client = current;
    if (client === undefined) throw unavailableError;
    replies.expect();
    try {
      for (let attempts = 0; attempts < MAX_RESTORES; attempts += 1) {
        const reply = await runOnce(client, partition, script, ...args);
        if (reply !== LOST) return reply;
        await restore(client);
      }
      throw createUnavailable('it loses data as fast as it is written');
    } finally {
      replies.receive();
    }
  }

  const isFinal = (error: unknown) =>
    error instanceof LayoutMismatch ||
    error instanceof WrongAddress ||
    (clients.isReply(error) && !TEMPORARY_ERROR.test(error.message));

  /** The first connection, with time for a server that is just starting. */
  async function connectFirst(): Promise<RedisClient> {
    const giveUpAt = systemTime() + (topology.canChange ? START_TIMEOUT_WITH_SENTINELS_MS : START_TIMEOUT_MS);
    for (;;) {
      try {
        return await connectOnce(START_TIMEOUT_MS);
      } catch (error) {
        if (isFinal(error) || systemTime() >= giveUpAt) {
          throw new StoreUnavailable(`${label} cannot be used: ${describe(error)}`);
        }
        await wait(RETRY_DELAY_MS);
      }
    }
  }

  current = await connectFirst().catch((error) => {
    topology.close();
    throw error;
  });
  const policy = await current.readEvictionPolicy();
  if (policy?.startsWith('allkeys-'))
    onStatusChange(
      `${label} may evict data: its maxmemory-policy is ${policy}. Set it to noeviction, or use another server`,
    );
  const check = async () => {
    await checkAll(run);
    if (!isFull) return;
    isFull = false;
    onStatusChange(`${label} has room again`);
  };
  await check();
  const checkTimer = setInterval(() => check().catch(() => {}), CHECK_INTERVAL_MS);
  checkTimer.unref();
  return {
    run,
    check,
    async subscribe(partition, channel) {
      channels.set(channel, partition);
      await current?.subscribe(partition, channel);
    },
    unsubscribe(channel) {
      channels.delete(channel);
      current?.unsubscribe(channel);
    },
    async close() {
      clearInterval(checkTimer);
      // Cleaning up after a page takes several commands in sequence.
      do await nextRound();
      while (replies.isExpecting);
      isClosed = true;
      replies.stop();
      topology.close();
      current?.destroy();
      attempt?.destroy();
    },
  };
}
