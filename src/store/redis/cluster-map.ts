import { askHosts } from './ask-hosts.ts';
import type { ClientFactory, TopologyClient } from './client.ts';
import { WrongAddress } from './failures.ts';
import { type ClusterLocation, joinHost, type RedisLocation } from './location.ts';
import { findWrongRole } from './role.ts';

const SLOTS = 16_384;

/** Which master has which partition. */
export interface ClusterMap {
  /** The URL of the master of each partition; undefined when its slot is assigned to no node. */
  readonly masters: readonly (string | undefined)[];
  /** How many slots are assigned to no node. */
  readonly unassigned: number;
}

/** What a node knows. */
interface View extends ClusterMap {
  /** Counts the fail-overs, and most moves of a slot. */
  readonly epoch: number;
  readonly hosts: readonly string[];
}

/**
 * Reads the map.
 *
 * @param host a node that should know more than the others
 */
export type ReadMap = (host?: string) => Promise<ClusterMap>;

type SlotRange = [first: number, last: number, ...nodes: [host: string | null, port: number][]];

/**
 * Reads which master has which partition.
 *
 * @param keys a key of each partition
 */
export function createMapReader(
  { hosts, toNodeUrl }: ClusterLocation,
  keys: readonly string[],
  place: RedisLocation,
  clients: ClientFactory,
): ReadMap {
  let known = hosts;
  let epoch = 0;
  /** The slot of each key, once a node was asked. */
  let slots: readonly number[] | undefined;

  async function ask(client: TopologyClient, host: string): Promise<View> {
    const readInfo = async () => {
      try {
        return await client.sendCommand<string>(['CLUSTER', 'INFO']);
      } catch (error) {
        const [scheme] = place.url.split('+');
        if (/cluster support disabled/.test((error as Error).message))
          throw new WrongAddress(
            `${host} is no node of a cluster but a single Redis: use ${scheme}://${host}`,
          );
        const why = await findWrongRole({ readRole: () => client.sendCommand(['ROLE']) }, error);
        throw why === undefined ? error : new WrongAddress(`${host}: ${why}`);
      }
    };
    const info = await readInfo();
    const ranges = await client.sendCommand<SlotRange[]>(['CLUSTER', 'SLOTS']);
    slots ??= await Promise.all(keys.map((key) => client.sendCommand<number>(['CLUSTER', 'KEYSLOT', key])));
    // A node that does not know the address by which it is reached leaves it out.
    const own = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    const toHost = ([ip, port]: SlotRange[2]) => joinHost(ip || own, port);
    return {
      masters: slots.map((slot) => {
        const [, , master] = ranges.find(([first, last]) => slot >= first && slot <= last) ?? [];
        return master && toNodeUrl(toHost(master));
      }),
      unassigned: ranges.reduce((left, [first, last]) => left - (last - first + 1), SLOTS),
      epoch: Number(/^cluster_current_epoch:(\d+)/m.exec(info)?.[1]),
      hosts: ranges.flatMap(([, , ...nodes]) => nodes.map(toHost)),
    };
  }

  async function askAll(asked: readonly string[]): Promise<View> {
    const views = await askHosts({ hosts: asked, noun: 'node', toUrl: toNodeUrl, ask }, place, clients);
    const [latest] = [...views].sort((a, b) => b.epoch - a.epoch || a.unassigned - b.unassigned) as [View];
    return latest;
  }

  return async (host) => {
    const named = host === undefined ? undefined : await askAll([host]).catch(() => undefined);
    const latest = named !== undefined && named.epoch >= epoch ? named : await askAll(known);
    known = [...new Set([...hosts, ...latest.hosts])];
    epoch = latest.epoch;
    return latest;
  };
}
