import { systemTime } from '../../system/clock.ts';
import { clearInterval, nextRound, setInterval, pause as wait } from '../../system/timers.ts';
import { type Kind, StoreUnavailable } from '../store.ts';
import { createClientFactory, type RedisClient, type ScriptName } from './client.ts';
import { type Configuration, findDifferences, hashConfiguration } from './configuration.ts';
import { LayoutMismatch, NO_MEMORY, TEMPORARY_ERROR, UNUSABLE_SERVER, WrongAddress } from './failures.ts';
import { describeFailure, formatLocation, type RedisLocation } from './location.ts';
import { createReplyTimer } from './reply-timer.ts';
import { findWrongRole } from './role.ts';
import { LAYOUT, LOST } from './scripts.ts';
import { RETRY_DELAY_MS } from './subscriber.ts';
import { createTopology } from './topology.ts';
import { withTimeout } from './with-timeout.ts';

/** Runs a script on the server. */
export type RunScript = RedisClient['run'];

export interface ConnectionOptions extends RedisLocation {
  /** The settings that all instances should have in common, by name. */
  readonly configuration?: Configuration;
  readonly kinds: readonly Kind[];
  /** Called with each message on the channel. */
  readonly onMessage: (message: string) => void;
  /** Called once each when the store becomes unavailable, recovers or has lost data, and with warnings at the start. */
  readonly onStatusChange: (line: string) => void;
  /** Called at the start when other instances use the store. */
  readonly onShared?: (line: string) => void;
  /** Writes the seed data again after the server has lost data; no other command runs before. */
  readonly reseed: (run: RunScript) => Promise<void>;
}

export interface Connection {
  /** @throws {StoreUnavailable} at once while the store is unavailable, and after a second when it becomes so */
  readonly run: RunScript;
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
/** Each check renews the configuration for so long. */
const CONFIGURATION_TTL_S = 5;
/** How often a command is run again because data was lost. */
const MAX_RESTORES = 5;
/** A server that evicts loses data again and again. */
const MIN_LOSS_REPORT_INTERVAL_MS = 60_000;

/** These scripts get the mark as their first argument, and report when data has lost it. */
const CHECKS_MARK: ReadonlySet<ScriptName> = new Set(['READ', 'LIST', 'OWNERS', 'CHECK']);

/**
 * Keeps one connection to a server, and reconnects whenever it is lost. The library's own reconnecting waits forever for a
 * frozen server.
 *
 * @throws {StoreUnavailable} the server cannot be reached, or rejects the credentials
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { onMessage, onStatusChange, kinds } = options;
  const clients = await createClientFactory(options);
  const label = `the store at ${formatLocation(options)}`;
  const configuration = hashConfiguration(options.configuration ?? {});
  const createUnavailable = (why: string) => new StoreUnavailable(`${label} is unavailable: ${why}`);

  let current: RedisClient | undefined;
  let attempt: RedisClient | undefined;
  /** The server in use, if the address does not name it. */
  let server = '';
  const describe = (error: unknown) => server + describeFailure(error, options);
  let unavailableError = createUnavailable('it was not connected yet');
  let isClosed = false;
  let isFull = false;
  let mark: string | undefined;
  let lossReportedAt = Number.NEGATIVE_INFINITY;

  const runOn =
    (client: RedisClient, ownMark: string): RunScript =>
    (script, ...args) =>
      CHECKS_MARK.has(script) ? client.run(script, ownMark, ...args) : client.run(script, ...args);

  /** Proves that the server can be used, and seeds it again when it has lost data since. */
  async function greet(client: RedisClient): Promise<void> {
    const again = mark === undefined ? '' : 'again';
    const greeting = await client.run('GREET', LAYOUT, again, ...kinds);
    const [layout, found, theirs = '', subscribers = 1] = greeting as [string, string, string?, number?];
    if (layout !== LAYOUT) throw new LayoutMismatch(layout, options.prefix);
    if (mark === undefined) {
      const others = subscribers - 1;
      if (others > 0)
        options.onShared?.(
          `${label} is shared with ${others} running instance${others === 1 ? '' : 's'}: tokens, clocks and resets apply to all. To keep this one apart, give it a --store-prefix of its own`,
        );
      const differences = findDifferences(configuration, theirs);
      if (differences.length > 0)
        onStatusChange(
          `another instance at ${label} has other settings: ${differences.join(', ')}. Start all with the same, or give this one a --store-prefix of its own`,
        );
    } else if (mark !== found) {
      const run = runOn(client, found);
      await options.reseed(async (...command) => {
        const reply = await run(...command);
        if (reply === LOST) throw new Error('it loses data as fast as it is written');
        return reply;
      });
      if (systemTime() > lossReportedAt + MIN_LOSS_REPORT_INTERVAL_MS) {
        lossReportedAt = systemTime();
        onStatusChange(
          `${label} has lost data: it was flushed, evicts keys, or restarted without them. The configured clients are there again; what they and others had made is gone`,
        );
      }
    }
    mark = found;
  }

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
    const client = clients.newClient(url, onMessage, (error) => dropConnection(client, error));
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

  async function runOnce(client: RedisClient, script: ScriptName, args: readonly string[]): Promise<unknown> {
    try {
      return await runOn(client, mark ?? '')(script, ...args);
    } catch (error) {
      if (clients.isReply(error) && NO_MEMORY.test(error.message)) return refuseFull(error);
      if (clients.isReply(error) && !UNUSABLE_SERVER.test(error.message)) throw error;
      // The greeting names the command and the key.
      const why = clients.isReply(error) ? await greet(client).catch((named: unknown) => named) : undefined;
      dropConnection(client, why ?? error);
      throw unavailableError;
    }
  }

  async function run(script: ScriptName, ...args: string[]): Promise<unknown> {
    const client = current;
    if (client === undefined) throw unavailableError;
    replies.expect();
    try {
      for (let attempts = 0; attempts < MAX_RESTORES; attempts += 1) {
        const reply = await runOnce(client, script, args);
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
    await run('CHECK', configuration, `${CONFIGURATION_TTL_S}`, ...kinds);
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
