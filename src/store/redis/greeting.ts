import { systemTime } from '../../system/clock.ts';
import type { RedisClient } from './client.ts';
import { type Configuration, findDifferences, hashConfiguration } from './configuration.ts';
import { LAYOUT, LayoutMismatch, WrongNode } from './failures.ts';
import { formatLocation, type RedisLocation } from './location.ts';
import { FIRST_PARTITION, type Partition } from './partition.ts';
import { LOST } from './scripts/keys.ts';

/** Runs a script on the server. */
export type RunScript = RedisClient['run'];

export interface GreetingOptions extends RedisLocation {
  /** The settings that all instances should have in common, by name. */
  readonly configuration?: Configuration;
  /** Called once each when the store becomes unavailable, recovers or has lost data, and with warnings at the start. */
  readonly onStatusChange: (line: string) => void;
  /** Called at the start when other instances use the store. */
  readonly onShared?: (line: string) => void;
  /** Writes the seed data of these partitions again after they have lost data; no other command runs there before. */
  readonly reseed: (run: RunScript, lost: ReadonlySet<Partition>) => Promise<void>;
  /** Checks that partitions are whole, and writes the configuration. */
  readonly check: (
    run: RunScript,
    partitions: readonly Partition[],
    configuration: string,
    ttlSeconds: string,
  ) => Promise<void>;
}

/** What a server has of a store. */
export interface Share {
  /** The partitions that the server has now. */
  readonly partitions: ReadonlySet<Partition>;
  /** The mark of each partition that was greeted, also of those on other servers. */
  readonly marks: Map<Partition, string>;
  /** The key that holds the layout of all keys. */
  readonly layoutKey: string;
  /** Runs a script on the server that has the partition, if that is another one. */
  readonly runElsewhere?: RunScript;
  /** Called when another server has a partition or channel, or is getting it. */
  readonly onElsewhere?: () => void;
  /** Whether an error says that another server has a partition, or is getting it. */
  isElsewhere(error: unknown): boolean;
}

/** Each check renews the configuration for so long. */
const CONFIGURATION_TTL_S = '5';
/** A server that evicts loses data again and again. */
const MIN_LOSS_REPORT_INTERVAL_MS = 60_000;

/** Proves that servers can be used, and seeds them again when they have lost data. */
export function createGreeter(options: GreetingOptions, share: Share) {
  const { partitions, marks } = share;
  const label = `the store at ${formatLocation(options)}`;
  const configuration = hashConfiguration(options.configuration ?? {});
  let lossReportedAt = Number.NEGATIVE_INFINITY;

  /** Every command is tried in the first one. */
  const sortPartitions = (): [Partition, ...Partition[]] =>
    [...partitions].sort((a, b) => a - b) as [Partition, ...Partition[]];

  const runOn =
    (client: RedisClient, ownMarks: ReadonlyMap<Partition, string>): RunScript =>
    (partition, script, ...args) =>
      client.run(partition, script, ownMarks.get(partition) ?? '', ...args);

  /** Runs scripts by `own` where that is possible. Copies on other servers are found to be missing later. */
  const runAnywhere =
    (own: RunScript): RunScript =>
    async (partition, ...command) => {
      if (share.runElsewhere === undefined || partitions.has(partition)) return own(partition, ...command);
      return command[0] === 'COPY' ? 1 : share.runElsewhere(partition, ...command);
    };

  async function check(run: RunScript): Promise<void> {
    try {
      await options.check(runAnywhere(run), sortPartitions(), configuration, CONFIGURATION_TTL_S);
    } catch (error) {
      if (!(error instanceof WrongNode || share.isElsewhere(error))) throw error;
      // The partition is checked later.
      share.onElsewhere?.();
    }
  }

  async function reseed(client: RedisClient, found: ReadonlyMap<Partition, string>): Promise<void> {
    const lost = [...found].filter(([one, mark]) => (marks.get(one) ?? mark) !== mark).map(([one]) => one);
    if (lost.length === 0) return;
    const bare = runOn(client, found);
    const run: RunScript = async (...command) => {
      const reply = await bare(...command);
      if (reply === LOST) throw new Error('it loses data as fast as it is written');
      return reply;
    };
    await check(run);
    await options.reseed(runAnywhere(run), new Set(lost));
    if (systemTime() < lossReportedAt + MIN_LOSS_REPORT_INTERVAL_MS) return;
    lossReportedAt = systemTime();
    options.onStatusChange(
      `${label} has lost data: it was flushed, evicts keys, or restarted without them. The configured clients are there again; what they and others had made is gone`,
    );
  }

  function introduce(theirs: string, subscribers: number): void {
    const others = subscribers - 1;
    if (others > 0)
      options.onShared?.(
        `${label} is shared with ${others} running instance${others === 1 ? '' : 's'}: tokens, clocks and resets apply to all. To keep this one apart, give it a --store-prefix of its own`,
      );
    const differences = findDifferences(configuration, theirs);
    if (differences.length > 0)
      options.onStatusChange(
        `another instance at ${label} has other settings: ${differences.join(', ')}. Start all with the same, or give this one a --store-prefix of its own`,
      );
  }

  return {
    check,

    async warnOfEviction(client: RedisClient): Promise<void> {
      const policy = await client.readEvictionPolicy();
      if (policy?.startsWith('allkeys-'))
        options.onStatusChange(
          `${label} may evict data: its maxmemory-policy is ${policy}. Set it to noeviction, or use another server`,
        );
    },

    runOn: (client: RedisClient): RunScript => runOn(client, marks),

    async greet(client: RedisClient): Promise<void> {
      if (partitions.size === 0) return;
      const [first, ...others] = sortPartitions();
      if (first === FIRST_PARTITION) {
        const layout = await client.readLayout(share.layoutKey);
        if (layout !== LAYOUT) throw new LayoutMismatch(layout, options.prefix);
      }
      const found = new Map<Partition, string>();
      /** A partition that is being moved is greeted later, by the command that needs it. */
      const greetOne = async (partition: Partition, how = '') => {
        const greeting = (await client.run(partition, 'GREET', how)) as [string, string, number];
        found.set(partition, greeting[0]);
        return greeting;
      };
      const [greeting, ...rest] = await Promise.allSettled([
        greetOne(first, 'first'),
        ...others.map((partition) => greetOne(partition)),
      ]);
      const failures = [greeting, ...rest].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      const failure =
        failures.find((error) => !share.isElsewhere(error)) ?? (found.size === 0 && failures[0]);
      if (failure) throw failure;
      if (greeting.status === 'fulfilled' && first === FIRST_PARTITION && !marks.has(first))
        introduce(greeting.value[1], greeting.value[2]);
      await reseed(client, found);
      for (const [partition, mark] of found) marks.set(partition, mark);
    },
  };
}
