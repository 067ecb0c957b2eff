import { clearInterval, nextRound, setInterval, pause as wait } from '../../system/timers.ts';
import { StoreUnavailable } from '../store.ts';
import { createClientFactory, type RedisClient, type ScriptName } from './client.ts';
import type { ConnectionOptions, Shard } from './connection-options.ts';
import {
  LayoutMismatch,
  NO_MEMORY,
  TEMPORARY_ERROR,
  UNUSABLE_SERVER,
  WRONG_NODE,
  WrongAddress,
  WrongNode,
} from './failures.ts';
import { createGreeter, type RunScript } from './greeting.ts';
import { describeFailure, formatLocation } from './location.ts';
import { ALL_PARTITIONS, type Partition, toKeyPrefix } from './partition.ts';
import { createReplyTimer } from './reply-timer.ts';
import { retryAtStart } from './retry-at-start.ts';
import { findWrongRole } from './role.ts';
import { LOST } from './scripts/keys.ts';
import { RETRY_DELAY_MS } from './subscriber.ts';
import { createTopology, type MasterListener } from './topology.ts';
import { withTimeout } from './with-timeout.ts';

export interface Connection {
  /**
   * @throws {StoreUnavailable} at once while the store is unavailable, and when it becomes so
   * @throws {WrongNode} another node of the cluster has the partition, or is getting it
   */
  readonly run: RunScript;
  /** Subscribes to one more channel. Resolves when it is, or when there is no connection now. */
  subscribe(partition: Partition, channel: string): Promise<void>;
  unsubscribe(partition: Partition, channel: string): void;
  /** @throws {StoreUnavailable} the store cannot be read or written now */
  check(): Promise<void>;
  /** Resolves when the commands in progress have finished. */
  close(): Promise<void>;
}

/** Connecting and the first reply must take no longer. */
const HANDSHAKE_TIMEOUT_MS = 1_500;
/** A master that was replaced may still answer what it was asked. */
const ANSWER_TIMEOUT_MS = 1_500;
/** At the start the server may still be starting too. */
const START_TIMEOUT_MS = 3_000;
/** At the start a master may be replaced. */
const FIND_MASTER_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** How often a command is run again because data was lost. */
const MAX_RESTORES = 5;

/** Limits the time of each command, not of all: how many a greeting takes depends on what is configured. */
const limitReplies = (client: RedisClient, timeoutMs: number): RedisClient => ({
  ...client,
  run: (...command) => withTimeout(timeoutMs, client.run(...command)),
  readLayout: (key) => withTimeout(timeoutMs, client.readLayout(key)),
  readRole: () => withTimeout(timeoutMs, client.readRole()),
});

/**
 * Keeps one connection to a server, and reconnects whenever it is lost. The library's own reconnecting waits forever for a
 * frozen server.
 *
 * @throws {StoreUnavailable} the server cannot be reached, or rejects the credentials
 */
export async function openConnection(options: ConnectionOptions, shard?: Shard): Promise<Connection> {
  const { onMessage, onMissed, onStatusChange } = options;
  const clients = shard?.clients ?? (await createClientFactory(options));
  const label = shard?.label ?? `the store at ${formatLocation(options)}`;
  const partitions = shard?.partitions ?? new Set(ALL_PARTITIONS);
  const isElsewhere = (error: unknown): error is Error =>
    shard !== undefined && clients.isReply(error) && WRONG_NODE.test(error.message);
  const {
    greet,
    check: checkAll,
    warnOfEviction,
    runOn,
  } = createGreeter(options, {
    partitions,
    marks: new Map(),
    layoutKey: `${options.prefix}born`,
    ...shard,
    isElsewhere,
  });
  const createUnavailable = (why: string) => new StoreUnavailable(`${label} is unavailable: ${why}`);

  let current: RedisClient | undefined;
  let attempt: RedisClient | undefined;
  /** The server in use, if the address does not name it. */
  let server = '';
  const describe = (error: unknown) => server + describeFailure(error, options);
  let unavailableError = createUnavailable('it was not connected yet');
  let isClosed = false;
  let isFull = false;
  let leaveAttempt = (_why: Error): void => {};
  const listener: MasterListener = {
    onLost(why) {
      leaveAttempt(why);
      if (current !== undefined) dropConnection(current, why);
    },
    onReplaced() {
      replacing = replacing.then(replaceMaster);
    },
  };
  let replacing = Promise.resolve();
  const topology = shard?.createTopology(listener) ?? createTopology(options, clients, listener);

  async function greetMaster(client: RedisClient): Promise<void> {
    if (topology.canChange) {
      const [role] = await client.readRole();
      if (role !== 'master') throw new Error('it is no longer a master');
    }
    await greet(client).catch(async (error: unknown) => {
      const why = clients.isReply(error) ? await findWrongRole(client, error) : undefined;
      throw why === undefined || topology.canChange ? error : new WrongAddress(why);
    });
  }

  /** The channels of what this connection is for. */
  const listChannels = () =>
    options.listChannels().flatMap(([name, partition]) => (partitions.has(partition) ? name : []));

  /** A connection on which the server has proved that it can be used. */
  async function connectOnce(timeoutMs = HANDSHAKE_TIMEOUT_MS): Promise<RedisClient> {
    server = '';
    const url = await topology.findMaster();
    server = topology.canChange ? `${new URL(url).host}: ` : '';
    const client = clients.newClient(url, {
      channels: listChannels(),
      tried: `${toKeyPrefix(options.prefix, Math.min(...partitions))}tried`,
      onMessage,
      onMissed: () => client === current && onMissed(),
      onChannelMoved: () => shard?.onElsewhere?.(),
      onLost: (error) => dropConnection(client, error),
    });
    attempt = client;
    const left = new Promise<never>((_, reject) => {
      leaveAttempt = reject;
    });
    try {
      await withTimeout(timeoutMs, Promise.race([client.connect(), left]));
      await Promise.race([greetMaster(limitReplies(client, timeoutMs)), left]);
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  function useConnection(client: RedisClient): void {
    current = client;
    // Some may have been added meanwhile.
    for (const channel of listChannels()) void client.subscribe(channel);
    onMissed();
  }

  /** Uses the next master once it has proved that it can be used. Until then, the old one still answers. */
  async function replaceMaster(): Promise<void> {
    const old = current;
    if (old === undefined) return;
    try {
      const client = await connectOnce();
      if (isClosed || current !== old) return client.destroy();
      useConnection(client);
      void wait(ANSWER_TIMEOUT_MS, undefined, { ref: false }).then(old.destroy);
    } catch (error) {
      dropConnection(old, error);
    }
  }

  async function reconnect(): Promise<void> {
    while (current === undefined && !isClosed) {
      await wait(RETRY_DELAY_MS);
      if (isClosed) return;
      try {
        const client = await connectOnce();
        if (isClosed) return client.destroy();
        useConnection(client);
        onStatusChange(`${label} is available again`);
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
    const affected = shard ? 'requests that need it' : 'requests';
    onStatusChange(
      `${unavailableError.message}; ${affected} are answered with 503 until it is available again`,
    );
    void reconnect();
  }

  const replies = createReplyTimer((why) => {
    if (current !== undefined) dropConnection(current, why);
  });

  let restoring: { readonly client: RedisClient; readonly done: Promise<void> } | undefined;
  /** Greets a server that has lost data; commands that have noticed it wait for that. */
  function restore(client: RedisClient): Promise<void> {
    if (restoring?.client === client) return restoring.done;
    const done = greet(limitReplies(client, HANDSHAKE_TIMEOUT_MS))
      .then(onMissed)
      .catch((error) => {
        dropConnection(client, error);
        throw createUnavailable(describe(error));
      })
      .finally(() => {
        if (restoring?.client === client) restoring = undefined;
      });
    restoring = { client, done };
    return done;
  }

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
    replies.expect();
    try {
      return await runOn(client)(partition, script, ...args);
    } catch (error) {
      if (clients.isReply(error) && NO_MEMORY.test(error.message)) return refuseFull(error);
      if (isElsewhere(error)) throw new WrongNode(error.message);
      if (clients.isReply(error) && !UNUSABLE_SERVER.test(error.message)) throw error;
      // The greeting names the command and the key.
      const why = clients.isReply(error) ? await greet(client).catch((named: unknown) => named) : undefined;
      dropConnection(client, why ?? error);
      throw current === undefined ? unavailableError : createUnavailable(describe(error));
    } finally {
      replies.receive();
    }
  }

  async function run(partition: Partition, script: ScriptName, ...args: string[]): Promise<unknown> {
    const client = current;
    if (client === undefined) throw unavailableError;
    for (let attempts = 0; attempts < MAX_RESTORES; attempts += 1) {
      const reply = await runOnce(client, partition, script, ...args);
      if (reply !== LOST) return reply;
      await restore(client);
    }
    throw createUnavailable('it loses data as fast as it is written');
  }

  const connectFirst = () =>
    retryAtStart(() => connectOnce(START_TIMEOUT_MS), {
      timeoutMs: topology.canChange ? FIND_MASTER_TIMEOUT_MS : START_TIMEOUT_MS,
      delayMs: RETRY_DELAY_MS,
      isFinal: (error) =>
        error instanceof LayoutMismatch ||
        error instanceof WrongAddress ||
        (clients.isReply(error) && !TEMPORARY_ERROR.test(error.message) && !isElsewhere(error)),
    });

  const first = await connectFirst().catch((error) => {
    topology.close();
    throw new StoreUnavailable(`${label} cannot be used: ${describe(error)}`);
  });
  function release(): void {
    isClosed = true;
    replies.stop();
    topology.close();
    current?.destroy();
    attempt?.destroy();
  }
  const check = async () => {
    await checkAll(run);
    if (!isFull) return;
    isFull = false;
    onStatusChange(`${label} has room again`);
  };
  useConnection(first);
  try {
    await check();
    await warnOfEviction(first);
  } catch (error) {
    release();
    throw error;
  }
  const checkTimer = setInterval(() => check().catch(() => {}), CHECK_INTERVAL_MS);
  checkTimer.unref();
  return {
    run,
    check,
    async subscribe(_, channel) {
      await current?.subscribe(channel);
    },
    unsubscribe: (_, channel) => current?.unsubscribe(channel),
    async close() {
      clearInterval(checkTimer);
      // Cleaning up after a page takes several commands in sequence.
      do await nextRound();
      while (replies.isExpecting || restoring !== undefined);
      release();
    },
  };
}
