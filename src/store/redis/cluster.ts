import { systemTime } from '../../system/clock.ts';
import { pause } from '../../system/timers.ts';
import { StoreUnavailable } from '../store.ts';
import { createClientFactory } from './client.ts';
import { type ClusterMap, createMapReader } from './cluster-map.ts';
import { type Connection, openConnection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { WrongAddress, WrongNode } from './failures.ts';
import type { RunScript } from './greeting.ts';
import { type ClusterLocation, describeFailure, formatLocation } from './location.ts';
import { ALL_PARTITIONS, FIRST_PARTITION, PARTITIONS, type Partition, toKeyPrefix } from './partition.ts';
import { retryAtStart } from './retry-at-start.ts';

/** A request waits so long for a slot that is being moved. Its answer takes a moment, too. */
const MAX_WAIT_MS = 1_500;
const RETRY_DELAY_MS = 50;
/** How long nodes may take to start. */
const START_TIMEOUT_MS = 3_000;
/** When to try a master again that was not there when its first slot moved to it. */
const REOPEN_DELAY_MS = 1_000;
const NOT_CONNECTED = 'its master is not connected yet';

type Command = Parameters<RunScript> extends [Partition, ...infer C] ? C : never;

/** A master and what it has. */
interface Shard {
  /** The URL of the master. */
  url: string;
  readonly partitions: Set<Partition>;
  readonly opening: Promise<Connection>;
  /** Undefined while it is being opened. */
  connection?: Connection;
  /** Leaves the master for the one at `url`, as soon as that can be used. */
  follow(): void;
}

/**
 * Keeps a connection to each master of a cluster that has partitions.
 *
 * @throws {StoreUnavailable} a part of the cluster cannot be used
 */
export async function openCluster(
  location: ClusterLocation,
  options: ConnectionOptions,
): Promise<Connection> {
  const clients = await createClientFactory(options);
  const label = `the store at ${formatLocation(options)}`;
  const keys = ALL_PARTITIONS.map((partition) => toKeyPrefix(options.prefix, partition));
  const readMap = createMapReader(location, keys, options, clients);
  const marks = new Map<Partition, string>();
  const shards = new Set<Shard>();
  /** The shard of each partition. */
  const places: Shard[] = [];
  /** Partitions whose last request has waited in vain. */
  const blocked = new Set<Partition>();

  // Shards are alike in some: other settings, a flush.
  let isClosed = false;
  let lastLine = '';
  const onStatusChange = (line: string): void => {
    if (line !== lastLine) options.onStatusChange(line);
    lastLine = line;
  };

  let reading: Promise<void> | undefined;
  /** Reads which master has which partition, and follows it. */
  const refresh: (host?: string) => Promise<void> = (host) => {
    reading ??= readMap(host)
      .then(applyMap)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  function addShard(url: string): Shard {
    const master = { url, partitions: new Set<Partition>(), follow: () => {} };
    const opening = openConnection(
      { ...options, onStatusChange },
      {
        clients,
        label: `a shard of ${label}`,
        partitions: master.partitions,
        marks,
        // No older version can have used a cluster.
        layoutKey: `${toKeyPrefix(options.prefix, FIRST_PARTITION)}born`,
        runElsewhere: run,
        createTopology({ onReplaced }) {
          master.follow = onReplaced;
          return {
            async findMaster() {
              await refresh();
              return master.url;
            },
            canChange: true,
            close: () => {},
          };
        },
        onElsewhere: () => void refresh().catch(() => {}),
      },
    );
    const shard: Shard = Object.assign(master, { opening });
    shards.add(shard);
    opening.then(
      (connection) => {
        shard.connection = connection;
        // Partitions may have come and gone meanwhile.
        for (const [name, of] of options.listChannels())
          if (shard.partitions.has(of)) void connection.subscribe(of, name);
          else connection.unsubscribe(of, name);
      },
      () => void replaceShard(shard),
    );
    return shard;
  }

  /** Looks for the masters of a shard that cannot be opened, until they are there. */
  async function replaceShard(shard: Shard): Promise<void> {
    shards.delete(shard);
    while (!isClosed && places.includes(shard)) {
      await pause(REOPEN_DELAY_MS, undefined, { ref: false });
      await refresh().catch(() => {});
    }
  }

  async function removeShard(shard: Shard): Promise<void> {
    shards.delete(shard);
    await shard.opening.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  function movePartition(partition: Partition, shard: Shard): void {
    const before = places[partition];
    before?.partitions.delete(partition);
    shard.partitions.add(partition);
    places[partition] = shard;
    if (before === undefined) return;
    for (const [name, of] of options.listChannels()) {
      if (of !== partition) continue;
      before.connection?.unsubscribe(partition, name);
      void shard.connection?.subscribe(partition, name);
    }
    options.onMissed();
  }

  function applyMap({ masters }: ClusterMap): void {
    if (isClosed) return;
    const isTaken = (url: string) => [...shards].some((shard) => shard.url === url);
    for (const shard of shards) {
      const urls = [...shard.partitions].flatMap((partition) => masters[partition] ?? []);
      const next = urls.find((url) => !isTaken(url));
      if (next === undefined || urls.includes(shard.url)) continue;
      shard.url = next;
      shard.follow();
    }
    for (const partition of ALL_PARTITIONS) {
      const url = masters[partition];
      if (url === undefined) continue;
      const shard = [...shards].find((one) => one.url === url) ?? addShard(url);
      if (places[partition] !== shard) movePartition(partition, shard);
    }
    for (const shard of shards) if (shard.partitions.size === 0) void removeShard(shard);
  }

  /** What a request gets that has waited in vain. */
  function block(partition: Partition, error: unknown): StoreUnavailable {
    const unavailable = new StoreUnavailable(
      `a part of ${label} is unavailable: ${describeFailure(error, options)}`,
    );
    if (blocked.size === 0)
      onStatusChange(
        `${unavailable.message}; requests that need it are answered with 503 until it is available again`,
      );
    if (!blocked.has(partition)) void keepTrying(partition);
    blocked.add(partition);
    return unavailable;
  }
  async function keepTrying(partition: Partition): Promise<void> {
    do {
      await pause(REOPEN_DELAY_MS, undefined, { ref: false });
      await run(partition, 'READ', '', '', '').catch(() => {});
    } while (!isClosed && blocked.has(partition));
  }
  function unblock(partition: Partition): void {
    if (blocked.delete(partition) && blocked.size === 0)
      onStatusChange(`all parts of ${label} are available again`);
  }

  /** Waits for a slot that is being moved, and follows it. */
  async function run(partition: Partition, ...command: Command): Promise<unknown> {
    const giveUpAt = systemTime() + (blocked.has(partition) ? 0 : MAX_WAIT_MS);
    for (;;) {
      const shard = places[partition] as Shard;
      try {
        if (shard.connection === undefined)
          await Promise.race([shard.opening, pause(Math.max(0, giveUpAt - systemTime()))]);
        if (shard.connection === undefined) throw new WrongNode(NOT_CONNECTED);
        const reply = await shard.connection.run(partition, ...command);
        unblock(partition);
        return reply;
      } catch (error) {
        if (!(error instanceof WrongNode)) throw error;
        const [, host] = /^MOVED \d+ (\S+)$/.exec(error.message) ?? [];
        const refreshing = refresh(host).catch(() => {});
        const left = giveUpAt - systemTime();
        if (left <= 0) throw block(partition, error);
        await Promise.race([refreshing, pause(left)]);
        await pause(Math.min(RETRY_DELAY_MS, left));
      }
    }
  }

  async function check(): Promise<void> {
    const inUse = [...new Set(places)];
    const checks = await Promise.allSettled(
      inUse.map(async ({ connection }) => {
        if (connection === undefined) throw new Error(NOT_CONNECTED);
        await connection.check();
      }),
    );
    const failures = checks.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    const why = failures.map(({ message }) =>
      message.replace(`a shard of ${label} `, '').replace(/^(?:is unavailable|is full|cannot be used): /, ''),
    );
    if (failures.length > 0)
      throw new StoreUnavailable(
        `${label} is degraded: ${failures.length} of ${inUse.length} shards ${failures.length === 1 ? 'is' : 'are'} unavailable: ${why.join('; ')}`,
      );
    if (blocked.size > 0)
      throw new StoreUnavailable(
        `${label} is degraded: ${blocked.size} of ${PARTITIONS} parts are being moved`,
      );
  }

  async function close(): Promise<void> {
    isClosed = true;
    await Promise.all([...shards].map(removeShard));
  }

  /** The masters of all slots. */
  async function readWholeMap(): Promise<ClusterMap> {
    const map = await readMap();
    if (map.unassigned === 0) return map;
    throw new WrongAddress(
      `the cluster has slots that are assigned to no node (${map.unassigned}): assign them with redis-cli --cluster fix HOST:PORT`,
    );
  }

  /** A node may be reached under an address that is not the one it announces. */
  const openFirst = ({ url, opening }: Shard): Promise<Connection> =>
    opening.catch(({ message }: StoreUnavailable) => {
      const isNamed = location.hosts.some((host) => location.toNodeUrl(host) === url);
      const advice = '; the cluster announces this address, which must be reachable: see cluster-announce-ip';
      throw new StoreUnavailable(isNamed ? message : message + advice);
    });

  const map = await retryAtStart(readWholeMap, {
    timeoutMs: START_TIMEOUT_MS,
    delayMs: RETRY_DELAY_MS,
    isFinal: (error) => error instanceof WrongAddress,
  }).catch((error) => {
    throw new StoreUnavailable(`${label} cannot be used: ${describeFailure(error, options)}`);
  });
  applyMap(map);
  try {
    const connections = await Promise.all([...shards].map(openFirst));
    // What is of all clients may have come later than the first check.
    await Promise.all(connections.map((connection) => connection.check()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    run,
    check,
    async subscribe(partition, channel) {
      await places[partition]?.connection?.subscribe(partition, channel);
    },
    unsubscribe: (partition, channel) => places[partition]?.connection?.unsubscribe(partition, channel),
    close,
  };
}
