import type { Store } from '../store.ts';
import { openCluster } from './cluster.ts';
import { type Connection, openConnection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { RunScript } from './greeting.ts';
import { createLister } from './list.ts';
import { parseCluster } from './location.ts';
import { toPartition } from './partition.ts';
import { createReader } from './read.ts';
import { createWatchers } from './watchers.ts';
import { createWriter } from './write.ts';

/** Where a Redis is, and how to use it. */
export interface RedisStoreOptions
  extends Omit<ConnectionOptions, 'listChannels' | 'onMessage' | 'onMissed' | 'reseed' | 'check'> {
  /** Writes the seed data again after the server has lost data, as far as it is of clients, or of all, that have lost it. */
  readonly reseed: (store: Store, isLost: (owner: string) => boolean) => Promise<void>;
}

/** The operations of a store that need the server. */
const createStoreOperations = (run: RunScript): Omit<Store, 'check' | 'watch' | 'close'> => ({
  read: createReader(run),
  ...createLister(run),
  ...createWriter(run),
});

/**
 * A store on Redis or Valkey, for any number of instances. Its data lives as long as the server keeps it.
 *
 * @throws {StoreUnavailable} the server cannot be reached within a few seconds, or rejects the credentials
 */
export async function createRedisStore({ reseed, ...options }: RedisStoreOptions): Promise<Store> {
  let connection: Connection | undefined;
  const watchers = createWatchers(options.prefix, () => connection);
  const connectionOptions: ConnectionOptions = {
    ...options,
    listChannels: watchers.listChannels,
    onMessage: watchers.onMessage,
    onMissed: watchers.onMissed,
    check: watchers.check,
    reseed: (bare, lost) =>
      reseed(
        {
          ...createStoreOperations(bare),
          check: () => {},
          watch: () => () => {},
          close: async () => {},
        },
        (owner) => lost.has(toPartition(owner)),
      ),
  };
  const cluster = parseCluster(options.url);
  connection = await (cluster ? openCluster(cluster, connectionOptions) : openConnection(connectionOptions));
  const { run, check, close } = connection;
  return { ...createStoreOperations(run), check, watch: watchers.watch, close };
}
