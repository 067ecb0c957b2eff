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

/** @param onMasterLost called when the server that was found last is no longer the master, or soon will not be */
export function createTopology(
  place: RedisLocation,
  clients: ClientFactory,
  onMasterLost: (why: Error) => void,
): Topology {
  const sentinels = parseSentinels(place.url);
  return sentinels === undefined
    ? { findMaster: async () => place.url, canChange: false, close: () => {} }
    : followSentinels(sentinels, place, clients, onMasterLost);
}
