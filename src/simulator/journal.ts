import { andThen, type Eventual } from '../domain/eventual.ts';
import { type JournalEntry, type JournalFilter, matchesFilter } from '../domain/journal.ts';
import type { Addition, LogEntry, Range, Store } from '../store/store.ts';
import { createPage, type Page, type PageRequest } from './page.ts';

/** An entry with its id. */
export type JournalRecord = LogEntry<'journal'>;

const isEmpty = (filter: JournalFilter): boolean => Object.keys(filter).length === 0;

/**
 * The requests to the imitated service, and their answers.
 *
 * @param maxEntries how many entries of each client are kept
 */
export function createJournal(store: Store, maxEntries: number) {
  /** The part of a swap that adds an entry. */
  const toAddition = (entry: JournalEntry): Addition => ({
    log: 'journal',
    owner: entry.clientId,
    value: entry,
    maxEntries,
  });

  async function* filtered(filter: JournalFilter, range: Range) {
    for await (const some of store.entries('journal', range))
      yield isEmpty(filter) ? some : some.filter(({ value }) => matchesFilter(value, filter));
  }

  return {
    toAddition,

    record: (entry: JournalEntry): Eventual<void> => andThen(store.swap(toAddition(entry)), () => undefined),

    /** Entries, oldest first; of one client, if named, and after the one with the id `after`. */
    async list(filter: JournalFilter, clientId?: string, after?: number): Promise<JournalRecord[]> {
      const found: JournalRecord[] = [];
      for await (const some of filtered(filter, { owner: clientId, after })) found.push(...some);
      return found;
    },

    /** Entries, oldest first. */
    async page(
      filter: JournalFilter,
      { limit, after, clientId }: PageRequest,
    ): Promise<Page<JournalRecord, number | null>> {
      const found: JournalRecord[] = [];
      for await (const some of filtered(filter, { owner: clientId, after: Number(after ?? 0) })) {
        found.push(...some);
        if (found.length > limit) break;
      }
      const page = createPage(found, limit, ({ id }) => `${id}`);
      if (page.next === undefined && after === undefined) return { ...page, total: page.items.length };
      const total = isEmpty(filter) ? await store.count('journal', clientId) : null;
      return { ...page, total };
    },

    async count(filter: JournalFilter, clientId?: string, after?: number): Promise<number> {
      if (isEmpty(filter) && after === undefined) return store.count('journal', clientId);
      let count = 0;
      for await (const some of filtered(filter, { owner: clientId, after })) count += some.length;
      return count;
    },

    /**
     * The latest entries, newest first, and how many there are in all.
     *
     * @param isWanted selects entries; without it, they are only counted and not all read
     */
    async listNewest(limit: number, clientId?: string, isWanted?: (entry: JournalEntry) => boolean) {
      const items: JournalRecord[] = [];
      let total = 0;
      for await (const some of store.entries('journal', { owner: clientId, newestFirst: true })) {
        const wanted = isWanted === undefined ? some : some.filter(({ value }) => isWanted(value));
        items.push(...wanted.slice(0, limit - items.length));
        total += wanted.length;
        if (isWanted === undefined && items.length === limit) break;
      }
      if (isWanted === undefined) total = await store.count('journal', clientId);
      return { items, total };
    },
  };
}
