import { type Clock, type Instant, REAL_TIME, toVirtualTime } from '../domain/time.ts';
import type { Change, Kind, Kinds, Ref, Store, StoredRecord, StoreSnapshot } from '../store/store.ts';
import { ALL_CLIENTS, clientRef, clockRefs } from './refs.ts';

/** What a rule makes of the records it was shown. */
interface Decision {
  readonly changes?: readonly Change[];
  readonly result: unknown;
}

/** Conflicts come from somebody else's success; so many in a row are a fault of ours. */
const MAX_ATTEMPTS = 1000;

/**
 * Reads `refs`, lets `rule` decide on them and writes what it decided, again from the start whenever another
 * was faster. The rule must do nothing but read and decide.
 */
export async function decide<const R extends readonly Ref[], const D extends Decision>(
  store: Store,
  refs: R,
  rule: (snapshot: StoreSnapshot<R>) => D | Promise<D>,
): Promise<D['result']> {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const { changes, result } = await rule(await store.read(...refs));
    if (changes === undefined || (await store.swap(...changes))) return result;
  }
  throw new Error(`gave up after ${MAX_ATTEMPTS} conflicts on ${refs.map(({ kind }) => kind)}`);
}

/** The kinds of record that say themselves whose they are. */
type OwnedKind = { [K in Kind]: Kinds[K] extends { readonly clientId: string } ? K : never }[Kind];

/**
 * Replaces the record at `ref` by what `rule` makes of it; nothing is written when that is the same.
 *
 * @returns the record as it is then, or undefined when there is none
 */
export const updateRecord = <K extends OwnedKind>(
  store: Store,
  ref: Ref<K>,
  rule: (value: Kinds[K]) => Kinds[K] | Promise<Kinds[K]>,
): Promise<Kinds[K] | undefined> =>
  decide(store, [ref], async ({ found: [record] }) => {
    if (record === undefined) return { result: undefined };
    const result = await rule(record.value);
    if (result === record.value) return { result };
    return { changes: [putRecord(ref, record, result.clientId, result)], result };
  });

/** Puts `value` in the place of what was `found`, or where nothing was. */
export const putRecord = <K extends Kind>(
  ref: Ref<K>,
  found: StoredRecord<K> | undefined,
  owner: string,
  value: Kinds[K],
): Change => ({ ref, version: found?.version ?? 0, owner, value }) as Change;

/** Requires that what was `found` is still there, unchanged. */
export const requireUnchanged = <K extends Kind>(
  ref: Ref<K>,
  found: StoredRecord<K> | undefined,
  owner: string,
): Change => ({ ref, version: found?.version ?? 0, owner }) as Change;

interface OwnedDecision<K extends Kind> {
  readonly value?: Kinds[K];
  readonly result: unknown;
}

/**
 * Decides on one record of a client, or of all. It is written only while the client is there, so that nothing
 * is left of one that was emptied or removed meanwhile.
 *
 * @param rule answers the result, with the value that is to be written, if any
 * @returns the result, or undefined when there is no such client
 */
export const decideFor = <K extends Kind, const W extends OwnedDecision<K>>(
  store: Store,
  owner: string,
  ref: Ref<K>,
  rule: (value: Kinds[K] | undefined) => W | Promise<W>,
): Promise<W['result'] | undefined> =>
  decide(store, [ref, clientRef(owner)], async ({ found: [record, client] }) => {
    if (client === undefined && owner !== ALL_CLIENTS) return { result: undefined };
    const { value, result } = await rule(record?.value);
    if (value === undefined) return { result };
    return {
      changes: [putRecord(ref, record, owner, value), requireUnchanged(clientRef(owner), client, owner)],
      result,
    };
  });

/** The first clock that there is, and real time when there is none. */
export const pickClock = (...clocks: readonly (StoredRecord<'clock'> | undefined)[]): Clock =>
  clocks.find((clock) => clock !== undefined)?.value ?? REAL_TIME;

/** Tells what time it is for clients, of each the first time that it is asked for. */
export function createTimeReader(store: Store): (clientId: string) => Promise<Instant> {
  const known = new Map<string, Promise<Instant>>();
  return (clientId) => {
    const time = known.get(clientId) ?? readTime(store, clientId);
    known.set(clientId, time);
    return time;
  };
}

/** What time it is for a client. */
export async function readTime(store: Store, clientId: string): Promise<Instant> {
  const { realTime, found } = await store.read(...clockRefs(clientId));
  return toVirtualTime(pickClock(...found), realTime);
}
