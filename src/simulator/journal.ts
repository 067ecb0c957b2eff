import type { Eventual } from '../domain/eventual.ts';
import { type JournalEntry, type JournalFilter, matchesFilter } from '../domain/journal.ts';
import type { LogEntry, Store } from '../store/store.ts';

/** An entry with its id. */
export type JournalRecord = LogEntry<'journal'>;

/**
 * The requests to the imitated service, and their answers.
 *
 * @param maxEntries how many entries of each client are kept
 */
export function createJournal(store: Store, maxEntries: number) {
  return {
    record: (entry: JournalEntry): Eventual<void> =>
      store.append('journal', entry.clientId, entry, maxEntries),

    /** Entries, oldest first; of one client, if named, and after the one with the id `after`. */
    async list(filter: JournalFilter = {}, clientId?: string, after?: number): Promise<JournalRecord[]> {
      const entries = await store.entries('journal', clientId, after);
      return entries.filter(({ value }) => matchesFilter(value, filter));
    },
  };
}
