import { type Instant, instant } from '../../domain/time.ts';
import type { Change, Kind, Log, LogEntry, Logs, Ref, Store, StoredRecord } from '../store.ts';
import { type ConnectionOptions, openConnection, type RunScript } from './connection.ts';
import { PAGE_SIZE } from './scripts.ts';

/** Where a Redis is, and how to use it. */
export interface RedisStoreOptions extends Omit<ConnectionOptions, 'kinds' | 'onMessage' | 'reseed'> {
  /** Writes the seed data again after the server has lost data. */
  readonly reseed: (store: Store) => Promise<void>;
}

/** How many clients' parts of a log are read at the same time. */
const PARALLEL_PARTS = 16;

/** Whether a name is one of a log. */
const IS_LOG: Readonly<Record<Kind | Log, boolean>> = {
  client: false,
  clock: false,
  token: false,
  validation: false,
  call: false,
  presence: false,
  scenario: false,
  faults: false,
  finding: false,
  coverage: false,
  counter: false,
  secret: false,
  journal: true,
};
const KINDS = (Object.keys(IS_LOG) as Kind[]).filter((name) => !IS_LOG[name]);

/** The range of an owner's records, or of all owners', in the order of bytes. */
const toRange = (owner: string | undefined): [from: string, to: string] => {
  const name = JSON.stringify(owner);
  return owner === undefined ? ['["', '+'] : [`[${name}\n`, `(${name}\v`];
};

type OrderedRecord<K extends Kind> = StoredRecord<K> & { readonly born: number };

function parseOrderedRecord<K extends Kind>(text: string): OrderedRecord<K> {
  const [version, born, value] = JSON.parse(text) as [number, number, OrderedRecord<K>['value']];
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

/** Each run of one kind: the kind, the number of ids, and the ids. */
function toReadArguments(refs: readonly Ref[]): string[] {
  const args: string[] = [];
  for (let first = 0, last = 0; first < refs.length; first = last) {
    const kind = refs[first]?.kind as Kind;
    while (refs[last]?.kind === kind) last += 1;
    args.push(kind, String(last - first), ...refs.slice(first, last).map(({ id }) => JSON.stringify(id)));
  }
  return args;
}

/** The number of an entry in a stream; the second part of its id is always 0. */
const parseEntryId = (id: string): number => Number(id.split('-', 1)[0]);

function parseEntries<L extends Log>(flat: readonly string[]): LogEntry<L>[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    id: parseEntryId(flat[2 * i] ?? ''),
    value: JSON.parse(flat[2 * i + 1] ?? '') as Logs[L],
  }));
}

/** The operations of a store that need the server. */
function createStoreOperations(run: RunScript): Omit<Store, 'check' | 'watch' | 'close'> {
  async function readPage(refs: readonly Ref[]) {
    const [seconds, microseconds, ...found] = (await run('READ', ...toReadArguments(refs))) as [
      string,
      string,
      ...(string | null)[],
    ];
    return {
      realTime: toInstant(seconds, microseconds),
      found: found.map((text) => (text === null ? undefined : parseRecord(text))),
    };
  }

  /** Pages of records: by owner, and newest first within one. */
  async function* readPages<K extends Kind>(kind: K, owner?: string) {
    let [from, to] = toRange(owner);
    for (;;) {
      const page = (await run('LIST', kind, from, to, `${PAGE_SIZE}`)) as string[];
      const [next, ...records] = page;
      if (next === undefined) return;
      yield records.map((text) => parseOrderedRecord<K>(text));
      if (records.length < PAGE_SIZE) return;
      to = next;
    }
  }

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

  /**
   * Pages of the owners of a log, and the last id to read. An entry that arrives in between would be seen in one part and
   * missed in another.
   */
  async function* readOwners(log: Log) {
    let [from, to] = toRange(undefined);
    let last: string | undefined;
    for (;;) {
      const [present, owners] = (await run('PARTS', log, from, to, `${PAGE_SIZE}`)) as [string, string[]];
      last ??= present;
      yield { last, owners };
      if (owners.length < PAGE_SIZE) return;
      from = `(${owners.at(-1)}`;
    }
  }

  async function clearRecords(kind: Kind, owner: string | undefined): Promise<void> {
    const page = [kind, ...toRange(owner), `${PAGE_SIZE}`];
    while ((await run('CLEAR', ...page)) === PAGE_SIZE);
  }

  async function clearLog(log: Log, owner: string | undefined): Promise<void> {
    if (owner !== undefined) await run('CLEAR_PARTS', log, JSON.stringify(owner));
    else for await (const { owners } of readOwners(log)) await run('CLEAR_PARTS', log, ...owners);
  }

  return {
    async read(...refs) {
      const first = await readPage(refs.slice(0, PAGE_SIZE));
      const found = [...first.found];
      while (found.length < refs.length)
        found.push(...(await readPage(refs.slice(found.length, found.length + PAGE_SIZE))).found);
      return { realTime: first.realTime, found: found as never };
    },

    swap: async (...changes) => (await run('SWAP', ...changes.flatMap(toArguments))) === 1,

    async list<K extends Kind>(kind: K, owner?: string) {
      const found: OrderedRecord<K>[] = [];
      for await (const page of readPages(kind, owner)) found.push(...page);
      return found
        .sort((a, b) => a.born - b.born)
        .map(({ version, value }): StoredRecord<K> => ({ version, value }));
    },

    pages: readPages,

    async append(log, owner, entry, most) {
      await run('APPEND', log, JSON.stringify(owner), String(most), JSON.stringify(entry));
    },

    async entries<L extends Log>(log: L, owner?: string, after = 0) {
      if (owner !== undefined) return readPart(log, JSON.stringify(owner), after + 1, '+');
      const parts: LogEntry<L>[][] = [];
      for await (const { last, owners } of readOwners(log)) {
        for (let next = 0; next < owners.length; next += PARALLEL_PARTS) {
          const some = owners.slice(next, next + PARALLEL_PARTS);
          parts.push(...(await Promise.all(some.map((one) => readPart(log, one, after + 1, last)))));
        }
      }
      return parts.flat().sort((a, b) => a.id - b.id);
    },

    async clear(some, owner) {
      // The commands of a connection are run in the order in which they were sent.
      await Promise.all(
        some.map((name) => (IS_LOG[name] ? clearLog(name as Log, owner) : clearRecords(name as Kind, owner))),
      );
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
  const { run, check, close } = await openConnection({
    ...options,
    kinds: KINDS,
    onMessage(message) {
      for (const [kind, id] of JSON.parse(message) as [Kind | Log, string][]) {
        for (const listener of listeners) listener({ kind, id });
      }
    },
    reseed: (bare) =>
      reseed({
        ...createStoreOperations(bare),
        check: () => {},
        watch: () => () => {},
        close: async () => {},
      }),
  });
  return {
    ...createStoreOperations(run),
    check,

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
