import type { Kind, Log, LogEntry, NumberedRecord, Range, Store, StoredRecord } from '../store.ts';
import type { RunScript } from './greeting.ts';
import { mergeSorted } from './merge-sorted.ts';
import { listPartitions, type Partition, SINGLE_KINDS, toPartition } from './partition.ts';
import { parseEntries, parseRecords } from './records.ts';
import { PAGE_SIZE } from './scripts/keys.ts';

/** From many owners, at least so much of each is read at a time. */
const MIN_SHARE = 10;

/** How much of each owner to read at a time, for `limit` of all. */
const toShare = (limit: number, owners: readonly unknown[]): number =>
  Math.min(PAGE_SIZE, limit, Math.max(MIN_SHARE, Math.ceil(limit / owners.length)));

/** A range of owners who have something of a kind or log, in the order of bytes: one, if named, or all. */
type OwnerRange = readonly [from: string, to: string];
const toRange = (name: Kind | Log, owner?: string): OwnerRange => {
  const member = `[${name}\n${JSON.stringify(owner) ?? ''}`;
  return owner === undefined ? [member, `(${name}\v`] : [member, member];
};

/** An owner, as JSON, and where the records or entries are. */
interface Place {
  readonly partition: Partition;
  readonly owner: string;
}

/** Lists and counts records and entries, page by page. */
export function createLister(run: RunScript): Pick<Store, 'list' | 'pages' | 'page' | 'entries' | 'count'> {
  /** Pages of an owner's records that come after a number, or of all in a partition, owner by owner. */
  async function* readPages<K extends Kind>(
    kind: K,
    partition: Partition,
    owners: OwnerRange,
    {
      after = -1,
      way = 'last',
      size = PAGE_SIZE,
    }: { after?: number | undefined; way?: 'first' | 'last'; size?: number } = {},
  ) {
    const low = after < 0 ? '-' : `${after + 1}`;
    for (let [[from, to], low1, high1] = [owners, low, '+']; ; ) {
      const page = await run(partition, 'LIST', kind, from, to, low1, high1, `${size}`, way);
      const [owner, hasMore, ...flat] = page as [string | null, number, ...unknown[]];
      const records = parseRecords(kind, flat);
      const wanted = records.filter(({ born }) => born > after);
      if (wanted.length > 0) yield wanted;
      const last = records.at(-1);
      if (hasMore === 0 || last === undefined) return;
      from = `${SINGLE_KINDS.includes(kind) ? '(' : '['}${kind}\n${owner}`;
      if (way === 'last') [low1, high1] = [low, `${last.born - 1}`];
      else [low1, high1] = [`${last.born + 1}`, '+'];
    }
  }

  async function* pages<K extends Kind>(kind: K, owner?: string) {
    for (const partition of listPartitions(owner)) yield* readPages(kind, partition, toRange(kind, owner));
  }

  /** The owners in each partition, page by page, how much they have, and a number that is less than all to come. */
  async function* readOwners(name: Kind | Log, partition: Partition, owner?: string) {
    for (let [from, to] = toRange(name, owner); ; ) {
      const page = await run(partition, 'OWNERS', name, from, to, `${PAGE_SIZE}`);
      const [end, count, ...owners] = page as [string, number, ...string[]];
      yield { end: Number(end), count, places: owners.map((one): Place => ({ partition, owner: one })) };
      if (owners.length < PAGE_SIZE) return;
      from = `(${name}\n${owners.at(-1)}`;
    }
  }

  /** All owners, how much they have in total, and a number that is less than all to come. */
  async function findOwners(name: Kind | Log, owner?: string) {
    const places: Place[] = [];
    let total = 0;
    let earliest = Number.POSITIVE_INFINITY;
    await Promise.all(
      listPartitions(owner).map(async (partition) => {
        for await (const { end, count, places: some } of readOwners(name, partition, owner)) {
          places.push(...some);
          total += count;
          earliest = Math.min(earliest, end);
        }
      }),
    );
    return { places, total, end: earliest };
  }

  /** Pages of an owner's log entries. */
  async function* readPart<L extends Log>(
    log: L,
    { partition, owner }: Place,
    { after = 0, newestFirst = false }: Range,
    end: string,
    size: number,
  ) {
    for (let [first, last] = [after + 1, end]; ; ) {
      const way = newestFirst ? 'last' : 'first';
      const flat = await run(partition, 'PART', log, owner, `${first}`, last, `${size}`, way);
      const page = parseEntries(log, owner, flat as string[]);
      if (page.length > 0) yield page;
      if (page.length < size) return;
      const { id = 0 } = page.at(-1) ?? {};
      if (newestFirst) last = `${id - 1}`;
      else first = id + 1;
    }
  }

  return {
    async list<K extends Kind>(kind: K, owner?: string) {
      const found: NumberedRecord<K>[] = [];
      const readPartition = async (partition: Partition) => {
        for await (const page of readPages(kind, partition, toRange(kind, owner))) found.push(...page);
      };
      await Promise.all(listPartitions(owner).map(readPartition));
      return found
        .sort((a, b) => a.born - b.born)
        .map(({ version, value }): StoredRecord<K> => ({ version, value }));
    },

    pages,

    async page<K extends Kind>(kind: K, limit: number, { owner, after, newestFirst = false }: Range = {}) {
      const places =
        owner === undefined
          ? (await findOwners(kind)).places
          : [{ partition: toPartition(owner), owner: JSON.stringify(owner) }];
      const sources = places.map((place) => {
        const member = `[${kind}\n${place.owner}`;
        return readPages(kind, place.partition, [member, member], {
          after,
          way: newestFirst ? 'last' : 'first',
          size: toShare(limit, places),
        });
      });
      const records: NumberedRecord<K>[] = [];
      for await (const some of mergeSorted(sources, ({ born }) => (newestFirst ? -born : born))) {
        records.push(...some);
        if (records.length >= limit) break;
      }
      return records.slice(0, limit);
    },

    async *entries<L extends Log>(log: L, range: Range = {}) {
      const { places, end } = await findOwners(log, range.owner);
      const share = toShare(PAGE_SIZE, places);
      // An entry that arrives in between would be seen in one part and missed in another.
      const last = range.owner === undefined ? `${end}` : '+';
      const sources = places.map((place) => readPart<L>(log, place, range, last, share));
      yield* mergeSorted(sources, ({ id }: LogEntry<L>) => (range.newestFirst ? -id : id));
    },

    count: async (name, owner) => (await findOwners(name, owner)).total,
  };
}
