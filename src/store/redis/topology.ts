import type { ClientFactory } from './client.ts';
import { parseSentinels, type RedisLocation } from './location.ts';
import { followSentinels } from './sentinel.ts';

/** Which server to use. */
export interface Topology {
  /**
   * The URL of the server that is the master now.
   *
   * @throws there is none now
   */
  findMaster(): Promise<string>;
  /** Whether the master may change, so that a server must prove that it is still the one. */
  readonly canChange: boolean;
  close(): void;
}

/** Learns what happens to the server that was found last. */
export interface MasterListener {
  /** It is no longer the master, or soon will not be. */
  onLost(why: Error): void;
  /** Another one is the master, and can be used already. */
  onReplaced(): void;
}

/** Which server to use of one, or of those that Sentinels watch. */
export function createTopology(
  place: RedisLocation,
  clients: ClientFactory,
  { onLost }: MasterListener,
): Topology {
  const sentinels = parseSentinels(place.url);
  return sentinels === undefined
    ? { findMaster: async () => place.url, canChange: false, close: () => {} }
    : followSentinels(sentinels, place, clients, onLost);
}
