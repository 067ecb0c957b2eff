import { DEMO_CLIENT } from '../domain/client.ts';
import type { IgnoredSituation } from '../domain/coverage.ts';
import type { Eventual } from '../domain/eventual.ts';
import { type CoverageView, type Mark, NO_MARKS, summarizeCoverage } from '../domain/played.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import { decide, putRecord, requireUnchanged } from './decide.ts';
import { ALL_CLIENTS, clientRef, coverageRef } from './refs.ts';

/** What was known of the coverage of a client and of all when something was received. */
export interface KnownCoverage {
  readonly own: StoredRecord<'coverage'> | undefined;
  readonly all: StoredRecord<'coverage'> | undefined;
}

/** Lists what is played and is not among `known`. */
export type ListPlayed = (known: readonly Mark[]) => readonly Mark[];

const getMarks = (record: StoredRecord<'coverage'> | undefined) => record?.value.marks ?? NO_MARKS;

/** Whose coverage a client adds to. */
const listOwners = (clientId: string) =>
  clientId === DEMO_CLIENT || clientId === ALL_CLIENTS ? [clientId] : [clientId, ALL_CLIENTS];

/**
 * Which situations were played, for each client and for all.
 *
 * @param ignored those that are not asked for
 */
export function createCoverage(store: Store, ignored: readonly IgnoredSituation[]) {
  /** Adds what is played to the coverage of one client, if it still exists, or of all. Returns what was played. */
  const addPlayed = (owner: string, list: ListPlayed): Promise<readonly Mark[]> =>
    decide(store, [coverageRef(owner), clientRef(owner)], ({ found: [record, client] }) => {
      const marks = getMarks(record);
      const played = list(marks);
      const added = played.filter((mark) => !marks.includes(mark));
      // A client that was reset or removed meanwhile must not be left with coverage.
      if (added.length === 0 || (owner !== ALL_CLIENTS && client === undefined)) return { result: played };
      const value = { ...record?.value, clientId: owner, marks: [...marks, ...added] };
      const unchanged = owner === ALL_CLIENTS ? [] : [requireUnchanged(clientRef(owner), client, owner)];
      return { changes: [putRecord(coverageRef(owner), record, owner, value), ...unchanged], result: played };
    });

  async function write(clientId: string, list: ListPlayed): Promise<void> {
    let played = list;
    for (const owner of listOwners(clientId)) {
      const marks = await addPlayed(owner, played);
      // What one client has left behind must not count as the beginning of what another one does.
      played = () => marks;
    }
  }

  return {
    /**
     * Adds what a client has played, or one that is unknown. It writes only what is new.
     *
     * @param known as it was read just before; without it, it is read
     */
    note(clientId: string, list: ListPlayed, known?: KnownCoverage): Eventual<void> {
      const own = clientId === ALL_CLIENTS ? known?.all : known?.own;
      if (known !== undefined && list(getMarks(own)).length === 0) return undefined;
      return write(clientId, list);
    },

    /** The coverage of one client, or of all that there were since the start or the last full reset. */
    async read(clientId = ALL_CLIENTS): Promise<CoverageView> {
      const { found } = await store.read(coverageRef(clientId), coverageRef(ALL_CLIENTS));
      const [own, all] = found;
      // An unknown token belongs to no client.
      const unassigned = getMarks(all).filter((mark) => mark === 'unknown-token');
      return summarizeCoverage([...getMarks(own), ...unassigned], ignored);
    },
  };
}
