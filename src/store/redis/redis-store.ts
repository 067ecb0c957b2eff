import { type Instant, instant } from '../../domain/time.ts';
import type {
  Change,
  Kind,
  Log,
  LogEntry,
  Logs,
  NumberedRecord,
  Range,
  Ref,
  Store,
  StoredRecord,
} from '../store.ts';
import { type ConnectionOptions, openConnection, type RunScript } from './connection.ts';
import { mergeSorted } from './merge-sorted.ts';
import { PAGE_SIZE } from './scripts.ts';

/** Where a Redis is, and how to use it. */
export interface RedisStoreOptions extends Omit<ConnectionOptions, 'kinds' | 'onMessage' | 'reseed'> {
  /** Writes the seed data again after the server has lost data. */
  readonly reseed: (store: Store) => Promise<void>;
}

/** Digits of the number of a record: microseconds, which are compared as text. */
const BORN_LENGTH = 16;

/** Deleting takes twice as long as reading. */
const CLEAR_SIZE = PAGE_SIZE / 2;

/** From many owners, at least so much of each is read at a time. */
const MIN_SHARE = 10;

/** How much of each owner to read at a time, for `limit` of all. */
const toShare = (limit: number, owners: readonly string[]): number =>
  Math.min(PAGE_SIZE, limit, Math.max(MIN_SHARE, Math.ceil(limit / owners.length)));

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

function parseNumberedRecord<K extends Kind>(text: string): NumberedRecord<K> {
  const [version, born, value] = JSON.parse(text) as [number, number, NumberedRecord<K>['value']];
  return { version, born, value };
}

function parseRecord<K extends Kind>(text: string): StoredRecord<K> {
  const { version, value } = parseNumberedRecord<K>(text);
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

  /** Pages of records in a range of the order of bytes: newest first within each owner, or oldest first. */
  async function* readPages<K extends Kind>(
    kind: K,
    [from, to]: readonly [string, string],
    first: 'first' | 'last' = 'last',
    size = PAGE_SIZE,
  ) {
    for (let [low, high] = [from, to]; ; ) {
      const page = (await run('LIST', kind, low, high, `${size}`, first)) as string[];
      const [next, ...records] = page;
      if (next === undefined) return;
      yield records.map((text) => parseNumberedRecord<K>(text));
      if (records.length < size) return;
      if (first === 'last') high = next;
      else low = next;
    }
  }

  /** The owners of records of a kind. */
  async function findOwners(kind: Kind): Promise<string[]> {
    const owners: string[] = [];
    for (let [from, to] = toRange(undefined); ; ) {
      const [, ...some] = (await run('OWNERS', kind, from, to, `${PAGE_SIZE}`)) as string[];
      owners.push(...some);
      if (some.length < PAGE_SIZE) return owners;
      from = `(${some.at(-1)}\v`;
    }
  }

  /** Pages of an owner's log entries. */
  async function* readPart<L extends Log>(
    log: L,
    owner: string,
    { after = 0, newestFirst = false }: Range,
    end: string,
    size: number,
  ) {
    for (let [first, last] = [after + 1, end]; ; ) {
      const way = newestFirst ? 'last' : 'first';
      const flat = (await run('PART', log, owner, `${first}`, last, `${size}`, way)) as string[];
      const page = parseEntries<L>(flat);
      if (page.length > 0) yield page;
      if (page.length < size) return;
      const { id = 0 } = page.at(-1) ?? {};
      if (newestFirst) last = `${id - 1}`;
      else first = id + 1;
    }
  }

  /** Pages of the owners of a log, how many entries these have, and the last id there is. */
  async function* readOwners(log: Log, owner?: string) {
    let [from, to] = owner === undefined ? toRange(owner) : Array(2).fill(`[${JSON.stringify(owner)}`);
    for (;;) {
      const [last, count, ...owners] = (await run('PARTS', log, from, to, `${PAGE_SIZE}`)) as [
        string,
        number,
        ...string[],
      ];
      yield { last, count, owners };
      if (owners.length < PAGE_SIZE) return;
      from = `(${owners.at(-1)}`;
    }
  }

  async function clearRecords(kind: Kind, owner: string | undefined): Promise<void> {
    const page = [kind, ...toRange(owner), `${CLEAR_SIZE}`];
    while ((await run('CLEAR', ...page)) === CLEAR_SIZE);
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
      const found: NumberedRecord<K>[] = [];
      for await (const page of readPages(kind, toRange(owner))) found.push(...page);
      return found
        .sort((a, b) => a.born - b.born)
        .map(({ version, value }): StoredRecord<K> => ({ version, value }));
    },

    pages: (kind, owner) => readPages(kind, toRange(owner)),

    async page<K extends Kind>(kind: K, limit: number, { owner, after, newestFirst = false }: Range = {}) {
      const owners = owner === undefined ? await findOwners(kind) : [JSON.stringify(owner)];
      const sources = owners.map((name) => {
        const from =
          after === undefined ? `[${name}\n` : `(${name}\n${`${after}`.padStart(BORN_LENGTH, '0')}\v`;
        const range = [from, `(${name}\v`] as const;
        return readPages(kind, range, newestFirst ? 'last' : 'first', toShare(limit, owners));
      });
      const records: NumberedRecord<K>[] = [];
      for await (const some of mergeSorted(sources, ({ born }) => (newestFirst ? -born : born))) {
        records.push(...some);
        if (records.length >= limit) break;
      }
      return records.slice(0, limit);
    },

    async append(log, owner, entry, most) {
      await run('APPEND', log, JSON.stringify(owner), String(most), JSON.stringify(entry));
    },

    async *entries<L extends Log>(log: L, range: Range = {}) {
      const owners: string[] = [];
      let end: string | undefined;
      for await (const some of readOwners(log, range.owner)) {
        // An entry that arrives in between would be seen in one part and missed in another.
        end ??= some.last;
        owners.push(...some.owners);
      }
      const share = toShare(PAGE_SIZE, owners);
      const sources = owners.map((owner) => readPart<L>(log, owner, range, end ?? '+', share));
      yield* mergeSorted(sources, ({ id }) => (range.newestFirst ? -id : id));
    },

    async count(name, owner) {
      if (!IS_LOG[name]) return ((await run('OWNERS', name, ...toRange(owner), '0')) as [number])[0];
      let total = 0;
      for await (const { count } of readOwners(name as Log, owner)) total += count;
      return total;
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
