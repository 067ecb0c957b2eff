import { type Instant, instant } from '../../domain/time.ts';
import type { Change, Kind, Log, LogEntry, Logs, Ref, Store, StoredRecord } from '../store.ts';
import { openConnection, type RunScript } from './connection.ts';

/** Where a Redis is, and how to use it. */
export interface RedisStoreOptions {
  /**
   * `redis://USER:PASSWORD@HOST:PORT/DB`, `rediss://` for TLS, or `unix://USER:PASSWORD@PATH?db=N`; only the host or
   * path must be given.
   */
  readonly url: string;
  /** Prefix of every key and channel, which separates users of a shared server. */
  readonly prefix: string;
  /** Called once each when the store becomes unavailable and when it recovers. */
  readonly onStatusChange: (line: string) => void;
  /** Writes the seed data again after the server has lost everything. */
  readonly reseed: (store: Store) => Promise<void>;
}

/** How many entries of a log are read at a time, so that other clients do not wait long. */
const PAGE_SIZE = 1_000;

/** An owner, or nothing for all; as JSON the empty name differs from nothing. */
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

/** The number of an entry in a stream; the second part of its id is always 0. */
const parseEntryId = (id: string): number => Number(id.split('-', 1)[0]);

function parseEntries<L extends Log>(flat: readonly string[]): LogEntry<L>[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    id: parseEntryId(flat[2 * i] ?? ''),
    value: JSON.parse(flat[2 * i + 1] ?? '') as Logs[L],
  }));
}

/** The operations of a store that need the server. */
function createStoreOperations(run: RunScript): Omit<Store, 'watch' | 'close'> {
  /** An owner's log entries from `first` to `last`. */
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
      // Reads no further: an entry that arrives in between would be seen in one part and missed in another.
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
 * A store on Redis or Valkey, for any number of instances. Its data lives as long as the server keeps it.
 *
 * @throws {StoreUnavailable} the server cannot be reached within a few seconds, or rejects the credentials
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
