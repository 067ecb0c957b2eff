import { systemTime } from '../../system/clock.ts';
import type { RedisClient } from './client.ts';
import { type Configuration, findDifferences, hashConfiguration } from './configuration.ts';
import { LAYOUT, LayoutMismatch } from './failures.ts';
import { formatLocation, type RedisLocation } from './location.ts';
import { ALL_PARTITIONS, FIRST_PARTITION, type Partition } from './partition.ts';
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
  /** Writes the seed data again after the server has lost data; no other command runs before. */
  readonly reseed: (run: RunScript) => Promise<void>;
  /** Checks that all partitions are whole, and writes the configuration; run every second. */
  readonly check: (run: RunScript, configuration: string, ttlSeconds: string) => Promise<void>;
}

/** Each check renews the configuration for so long. */
const CONFIGURATION_TTL_S = '5';
/** A server that evicts loses data again and again. */
const MIN_LOSS_REPORT_INTERVAL_MS = 60_000;

/** Proves that a server can be used, and seeds it again when it has lost data since. */
export function createGreeter(options: GreetingOptions) {
  const label = `the store at ${formatLocation(options)}`;
  const configuration = hashConfiguration(options.configuration ?? {});
  /** The mark of each partition; undefined before the first greeting. */
  let marks: readonly string[] | undefined;
  let lossReportedAt = Number.NEGATIVE_INFINITY;

  const runWith =
    (client: RedisClient, ownMarks: readonly string[]): RunScript =>
    (partition, script, ...args) =>
      client.run(partition, script, ownMarks[partition] ?? '', ...args);

  const check = (run: RunScript) => options.check(run, configuration, CONFIGURATION_TTL_S);

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

  async function reseed(client: RedisClient, found: readonly string[]): Promise<void> {
    const bare = runWith(client, found);
    const run: RunScript = async (...command) => {
      const reply = await bare(...command);
      if (reply === LOST) throw new Error('it loses data as fast as it is written');
      return reply;
    };
    await check(run);
    await options.reseed(run);
    if (systemTime() < lossReportedAt + MIN_LOSS_REPORT_INTERVAL_MS) return;
    lossReportedAt = systemTime();
    options.onStatusChange(
      `${label} has lost data: it was flushed, evicts keys, or restarted without them. The configured clients are there again; what they and others had made is gone`,
    );
  }

  return {
    check,
    runOn: (client: RedisClient): RunScript => runWith(client, marks ?? []),

    async greet(client: RedisClient): Promise<void> {
      const layout = await client.readLayout();
      if (layout !== LAYOUT) throw new LayoutMismatch(layout, options.prefix);
      const greetOne = (partition: Partition, how = '') =>
        client.run(partition, 'GREET', how) as Promise<[mark: string, theirs: string, subscribers: number]>;
      const [firstMark, theirs, subscribers] = await greetOne(FIRST_PARTITION, 'first');
      const greetings = ALL_PARTITIONS.map(async (partition) =>
        partition === FIRST_PARTITION ? firstMark : (await greetOne(partition))[0],
      );
      const found = await Promise.all(greetings);
      if (marks === undefined) introduce(theirs, subscribers);
      else if (marks.some((mark, partition) => mark !== found[partition])) await reseed(client, found);
      marks = found;
    },
  };
}
