import { type Instant, instant } from '../../domain/time.ts';
import type { Change, Kind, Log, LogEntry, Logs, Ref, Store, StoredRecord } from '../store.ts';
import { openConnection, type RunScript } from './connection.ts';

/** Where a Redis is, and what is to be done with it. */
export interface RedisStoreOptions {
  /**
   * `redis://USER:PASSWORD@HOST:PORT/DB`, `rediss://` for TLS, or `unix://USER:PASSWORD@PATH?db=N`; only the host or
   * path must be given.
   */
  readonly url: string;
  /** Stands before every key and channel, and keeps apart what shares a server. */
  readonly prefix: string;
  /** Told, once each, when the store goes away and when it is back. */
  readonly onStatusChange: (line: string) => void;
  /** Lets what must be there be there again, when the server has lost everything. */
  readonly reseed: (store: Store) => Promise<void>;
}

/** So many entries of a log are asked for at a time, so that nobody else waits for long. */
const PAGE_SIZE = 1_000;

/** An owner, or nothing for all; as JSON the empty name is another. */
const toOwnerArgument = (owner: string | undefined): string =>
  owner === undefined ? '' : JSON.stringify(owner);

type OrderedRecord<K extends Kind> = StoredRecord<K> & { readonly born: number };

function parseOrderedRecord<K extends Kind>(text: string): OrderedRecord<K> {
  const [version, born, , , value] = JSON.parse(text) as [
    number,
    number,
    number,
    string,
    OrderedRecord<K>['value'],
  ];
  return { version, born, value };
}

function parseRecord<K extends Kind>(text: string): StoredRecord<K> {
  const { version, value } = parseOrderedRecord<K>(text);
  return { version, value };
}

const toInstant = (seconds: string, microseconds: string): Instant =>
  instant(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000));

const toArguments = ({ ref, version, owner, value }: Change): string[] => [
  ref.kind,
  JSON.stringify(ref.id),
  String(version),
  JSON.stringify(owner),
  value === undefined ? '' : JSON.stringify(value),
];

/** An entry's id in a stream, of which the second number is always nought. */
const parseEntryId = (id: string): number => Number(id.split('-', 1)[0]);

function parseEntries<L extends Log>(flat: readonly string[]): LogEntry<L>[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    id: parseEntryId(flat[2 * i] ?? ''),
    value: JSON.parse(flat[2 * i + 1] ?? '') as Logs[L],
  }));
}

/** Everything of a store that is asked of the server. */
function createStoreOperations(run: RunScript): Omit<Store, 'watch' | 'close'> {
  /** What an owner has in a log from `first` to `last`. */
  async function readPart<L extends Log>(log: L, owner: string, first: number, last: string) {
    const found: LogEntry<L>[] = [];
    for (let from = first, hasMore = true; hasMore; from = (found.at(-1)?.id ?? from) + 1) {
      const page = (await run('PART', log, owner, `${from}`, last, `${PAGE_SIZE}`)) as string[];
      found.push(...parseEntries<L>(page));
      hasMore = page.length === 2 * PAGE_SIZE;
    }
    return found;
  }

  return {
    async read(...refs) {
      const asked = refs.flatMap(({ kind, id }) => [kind, JSON.stringify(id)]);
      const [seconds, microseconds, ...found] = (await run('READ', ...asked)) as [
        string,
        string,
        ...(string | null)[],
      ];
      return {
        realTime: toInstant(seconds, microseconds),
        found: found.map((text) => (text === null ? undefined : parseRecord(text))) as never,
      };
    },

    swap: async (...changes) => (await run('SWAP', ...changes.flatMap(toArguments))) === 1,

    async list<K extends Kind>(kind: K, owner?: string) {
      const found = (await run('LIST', kind, toOwnerArgument(owner))) as string[];
      return found
        .map((text) => parseOrderedRecord<K>(text))
        .sort((a, b) => a.born - b.born)
        .map(({ version, value }): StoredRecord<K> => ({ version, value }));
    },

    async append(log, owner, entry, most) {
      await run('APPEND', log, JSON.stringify(owner), String(most), JSON.stringify(entry));
    },

    async entries<L extends Log>(log: L, owner?: string, after = 0) {
      if (owner !== undefined) return readPart(log, JSON.stringify(owner), after + 1, '+');
      // No further than this: what comes while the parts are read would be there of one and missing of another.
      const [last, owners] = (await run('PARTS', log)) as [string, string[]];
      const parts = await Promise.all(owners.map((one) => readPart(log, one, after + 1, last)));
      return parts.flat().sort((a, b) => a.id - b.id);
    },

    async clear(some, owner) {
      await run('CLEAR', toOwnerArgument(owner), ...some);
    },
  };
}

/**
 * A store on Redis or Valkey, for any number of instances at once. It is gone when the server forgets it.
 *
 * @throws {StoreUnavailable} the server cannot be reached within a few seconds, or does not let us in
 */
export async function createRedisStore({ reseed, ...options }: RedisStoreOptions): Promise<Store> {
  const listeners = new Set<(changed: Ref<Kind | Log>) => void>();
  const { run, close } = await openConnection({
    ...options,
    onMessage(message) {
      for (const [kind, id] of JSON.parse(message) as [Kind | Log, string][]) {
        for (const listener of listeners) listener({ kind, id });
      }
    },
    reseed: (bare) =>
      reseed({ ...createStoreOperations(bare), watch: () => () => {}, close: async () => {} }),
  });
  return {
    ...createStoreOperations(run),

    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      listeners.clear();
      await close();
    },
  };
}
