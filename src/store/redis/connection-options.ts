import type { ClientFactory } from './client.ts';
import type { GreetingOptions, Share } from './greeting.ts';
import type { Partition } from './partition.ts';
import type { MasterListener, Topology } from './topology.ts';

export interface ConnectionOptions extends GreetingOptions {
  /** The channels to listen on, and their partitions. */
  readonly listChannels: () => readonly (readonly [name: string, partition: Partition])[];
  /** Called with each message on a channel. */
  readonly onMessage: (message: string, channel: string) => void;
  /** Called when messages may have been missed. */
  readonly onMissed: () => void;
}

/** The part of a cluster that a connection is for. */
export interface Shard extends Omit<Share, 'isElsewhere'> {
  readonly clients: ClientFactory;
  /** What messages call it. */
  readonly label: string;
  createTopology(listener: MasterListener): Topology;
}
