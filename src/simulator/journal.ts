import { type JournalEntry, type JournalFilter, matches } from '../domain/journal.ts';
import type { Logged, Store } from '../store/store.ts';

/** An entry as it was written, under its id. */
export type Journalled = Logged<'journal'>;

/**
 * What was asked of the imitated service, and what it answered.
 *
 * @param most so many entries of each client are kept
 */
export function journal(store: Store, most: number) {
  return {
    record: (entry: JournalEntry): Promise<void> => store.append('journal', entry.clientId, entry, most),

    /** Entries, oldest first; of one client, if named, and behind the one with the id `after`. */
    async list(filter: JournalFilter = {}, clientId?: string, after?: number): Promise<Journalled[]> {
      const entries = await store.entries('journal', clientId, after);
      return entries.filter(({ value }) => matches(value, filter));
    },
  };
}
