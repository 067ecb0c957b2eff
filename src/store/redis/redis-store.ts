import type { Store } from '../store.ts';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import type { RunScript } from './greeting.ts';
import { createLister } from './list.ts';
import { createReader } from './read.ts';
import { createWatchers } from './watchers.ts';
import { createWriter } from './write.ts';

/** Where a Redis is, and how to use it. */
export interface RedisStoreOptions
  extends Omit<ConnectionOptions, 'onMessage' | 'onMissed' | 'reseed' | 'check'> {
  /** Writes the seed data again after the server has lost data. */
  readonly reseed: (store: Store) => Promise<void>;
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
  connection = await openConnection({
    ...options,
    onMessage: watchers.onMessage,
    onMissed: watchers.onMissed,
    check: watchers.check,
    reseed: (bare) =>
      reseed({
        ...createStoreOperations(bare),
        check: () => {},
        watch: () => () => {},
        close: async () => {},
      }),
  });
  const { run, check, close } = connection;
  return { ...createStoreOperations(run), check, watch: watchers.watch, close };
}
