import type { ChangeListener } from '../store.ts';
import type { Connection } from './connection.ts';
import { createCopies } from './copies.ts';
import type { RunScript } from './greeting.ts';
import { ALL_PARTITIONS, FIRST_PARTITION, type Partition, toKeyPrefix, toPartition } from './partition.ts';
import { parseField } from './records.ts';
import { EVERYONE } from './scripts/keys.ts';

/** The changes of one owner, of everyone, or of all owners in a partition. */
interface Channel {
  readonly partition: Partition;
  /** The owner as JSON; undefined for all owners. */
  readonly owner: string | undefined;
  readonly listeners: Set<ChangeListener>;
  /** The number of the latest change that was notified. */
  heard: number;
  /** The number of the latest change there was at the last check. */
  checked: number;
}

/** Passes on changes from the channels of the owners who are watched here, and no others. */
export function createWatchers(
  prefix: string,
  connect: () => Pick<Connection, 'subscribe' | 'unsubscribe'> | undefined,
) {
  const channels = new Map<string, Channel>();
  /** The number of the latest change of what is of everyone. */
  let everyones = '0';
  const toName = (partition: Partition, owner?: string) =>
    `${toKeyPrefix(prefix, partition)}changes${owner === undefined ? '' : `:${owner}`}`;

  function join(partition: Partition, owner: string | undefined, listener: ChangeListener) {
    const name = toName(partition, owner);
    const channel = channels.get(name) ?? { partition, owner, listeners: new Set(), heard: 0, checked: 0 };
    channels.set(name, channel);
    channel.listeners.add(listener);
    return connect()?.subscribe(partition, name);
  }

  function leave(partition: Partition, owner: string | undefined, listener: ChangeListener): void {
    const name = toName(partition, owner);
    const channel = channels.get(name);
    channel?.listeners.delete(listener);
    if (channel?.listeners.size !== 0) return;
    channels.delete(name);
    connect()?.unsubscribe(partition, name);
  }

  return {
    async watch(listener: ChangeListener, owner?: string): Promise<() => void> {
      // One of its own: the same function may be given twice.
      const own: ChangeListener = (changed) => listener(changed);
      const places: [Partition, string | undefined][] =
        owner === undefined
          ? ALL_PARTITIONS.map((partition) => [partition, undefined])
          : [...new Set([JSON.stringify(owner), EVERYONE])].map((one) => [toPartition(owner), one]);
      await Promise.all(places.map((place) => join(...place, own)));
      return () => {
        for (const place of places) leave(...place, own);
      };
    },

    listChannels: (): [name: string, partition: Partition][] => [
      // By these a new instance counts the others.
      [`${toKeyPrefix(prefix, FIRST_PARTITION)}instances`, FIRST_PARTITION],
      ...[...channels].map(([name, { partition }]): [string, Partition] => [name, partition]),
    ],

    onMessage(message: string, name: string): void {
      const channel = channels.get(name);
      if (channel === undefined) return;
      const [number, ...fields] = message.split('\n');
      channel.heard = Math.max(channel.heard, Number(number));
      const changes = fields.map(parseField);
      for (const listener of [...channel.listeners]) {
        // Everything was replaced.
        if (message === '') listener();
        for (const changed of changes) listener(changed);
      }
    },

    /** Changes may have been missed. */
    onMissed(): void {
      for (const { listeners } of [...channels.values()]) for (const listener of [...listeners]) listener();
    },

    /** Finds changes that were not notified, and copies that lack something. */
    async check(
      run: RunScript,
      partitions: readonly Partition[],
      configuration: string,
      ttl: string,
    ): Promise<void> {
      const [first] = partitions;
      const watched = ALL_PARTITIONS.map((): Channel[] => []);
      for (const channel of channels.values())
        if (channel.owner !== undefined) watched[channel.partition]?.push(channel);
      const checks = await Promise.allSettled(
        partitions.map(async (partition) => {
          const owners = (watched[partition] ?? []).map(({ owner = '' }) => owner);
          const written = partition === first ? configuration : '';
          const reply = await run(partition, 'CHECK', written, ttl, ...owners);
          return [partition, reply as [copied: string, ...owners: string[]]] as const;
        }),
      );
      const replies = checks.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const decided = replies.find(([partition]) => partition === FIRST_PARTITION);
      if (decided !== undefined) [everyones] = decided[1];
      await createCopies(run).replace(
        replies.flatMap(([partition, [copied]]) => (Number(copied) < Number(everyones) ? partition : [])),
      );
      for (const [partition, [copied, ...numbers]] of replies) {
        for (const [index, channel] of (watched[partition] ?? []).entries()) {
          const isBehind = channel.heard < channel.checked;
          channel.heard = Math.max(channel.heard, channel.checked);
          channel.checked = Number(channel.owner === EVERYONE ? copied : numbers[index]);
          // A subscription begins with what there is.
          if (isBehind) for (const listener of [...channel.listeners]) listener();
        }
      }
      const failed = checks.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
