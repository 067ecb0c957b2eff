import { type Clock, type Instant, REAL_TIME, timeOf } from '../domain/time.ts';
import type { Change, Found, Kind, Kinds, Ref, Snapshot, Store } from '../store/store.ts';
import { clientRef, clockRefs, EVERYONE } from './refs.ts';

/** What a rule makes of the records it was shown. */
interface Decision {
  readonly changes?: readonly Change[];
  readonly result: unknown;
}

/** Conflicts come from somebody else's success; so many in a row are a fault of ours. */
const MOST_TRIES = 1000;

/**
 * Reads `refs`, lets `rule` decide on them and writes what it decided, again from the start whenever another
 * was faster. The rule must do nothing but read and decide.
 */
export async function decide<const R extends readonly Ref[], const D extends Decision>(
  store: Store,
  refs: R,
  rule: (snapshot: Snapshot<R>) => D | Promise<D>,
): Promise<D['result']> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { changes, result } = await rule(await store.read(...refs));
    if (changes === undefined || (await store.swap(...changes))) return result;
  }
  throw new Error(`gave up after ${MOST_TRIES} conflicts on ${refs.map(({ kind }) => kind)}`);
}

/** The kinds of record that say themselves whose they are. */
type Owned = { [K in Kind]: Kinds[K] extends { readonly clientId: string } ? K : never }[Kind];

/**
 * Replaces the record at `ref` by what `rule` makes of it; nothing is written when that is the same.
 *
 * @returns the record as it is then, or undefined when there is none
 */
export const change = <K extends Owned>(
  store: Store,
  ref: Ref<K>,
  rule: (value: Kinds[K]) => Kinds[K] | Promise<Kinds[K]>,
): Promise<Kinds[K] | undefined> =>
  decide(store, [ref], async ({ found: [record] }) => {
    if (record === undefined) return { result: undefined };
    const result = await rule(record.value);
    if (result === record.value) return { result };
    return { changes: [put(ref, record, result.clientId, result)], result };
  });

/** Puts `value` in the place of what was `found`, or where nothing was. */
export const put = <K extends Kind>(
  ref: Ref<K>,
  found: Found<K> | undefined,
  owner: string,
  value: Kinds[K],
): Change => ({ ref, version: found?.version ?? 0, owner, value }) as Change;

/** Requires that what was `found` is still there, unchanged. */
export const unchanged = <K extends Kind>(ref: Ref<K>, found: Found<K> | undefined, owner: string): Change =>
  ({ ref, version: found?.version ?? 0, owner }) as Change;

interface Written<K extends Kind> {
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
export const decideFor = <K extends Kind, const W extends Written<K>>(
  store: Store,
  owner: string,
  ref: Ref<K>,
  rule: (value: Kinds[K] | undefined) => W | Promise<W>,
): Promise<W['result'] | undefined> =>
  decide(store, [ref, clientRef(owner)], async ({ found: [record, client] }) => {
    if (client === undefined && owner !== EVERYONE) return { result: undefined };
    const { value, result } = await rule(record?.value);
    if (value === undefined) return { result };
    return {
      changes: [put(ref, record, owner, value), unchanged(clientRef(owner), client, owner)],
      result,
    };
  });

/** The first clock that there is, and real time when there is none. */
export const clockOf = (...clocks: readonly (Found<'clock'> | undefined)[]): Clock =>
  clocks.find((clock) => clock !== undefined)?.value ?? REAL_TIME;

/** Tells what time it is for clients, of each the first time that it is asked for. */
export function timesFor(store: Store): (clientId: string) => Promise<Instant> {
  const known = new Map<string, Promise<Instant>>();
  return (clientId) => {
    const time = known.get(clientId) ?? timeFor(store, clientId);
    known.set(clientId, time);
    return time;
  };
}

/** What time it is for a client. */
export async function timeFor(store: Store, clientId: string): Promise<Instant> {
  const { realTime, found } = await store.read(...clockRefs(clientId));
  return timeOf(clockOf(...found), realTime);
}
