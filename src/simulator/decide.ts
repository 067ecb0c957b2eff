import { type Clock, type Instant, REAL_TIME, toVirtualTime } from '../domain/time.ts';
import type { Change, Kind, Kinds, Ref, Store, StoredRecord, StoreSnapshot } from '../store/store.ts';
import { ALL_CLIENTS, clientRef, clockRef, clockRefs } from './refs.ts';

/** What a rule decides about the records it was shown. */
interface Decision {
  readonly changes?: readonly Change[];
  readonly result: unknown;
}

/** A conflict means that another process succeeded; this many in a row are a failure of ours. */
const MAX_ATTEMPTS = 1000;

/**
 * Reads `refs`, lets `rule` decide and writes its decision; starts over when another process was faster. The rule may only
 * read and decide.
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

/** The kinds of record that contain their client's id. */
type OwnedKind = { [K in Kind]: Kinds[K] extends { readonly clientId: string } ? K : never }[Kind];

/**
 * Replaces the record at `ref` by the result of `rule`; writes nothing when it is the same object.
 *
 * @returns the resulting record, or undefined when there is none
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

/** Replaces the record that was `found`, or creates it. */
export const putRecord = <K extends Kind>(
  ref: Ref<K>,
  found: StoredRecord<K> | undefined,
  owner: string,
  value: Kinds[K],
): Change => ({ ref, version: found?.version ?? 0, owner, value }) as Change;

/** Requires that the record that was `found` is unchanged. */
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
 * Decides on one record of a client, or of all. It is written only while the client exists, so that nothing is left of a
 * client that was reset or removed meanwhile.
 *
 * @param rule returns the result, with the value to write, if any
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
    const unchanged = owner === ALL_CLIENTS ? [] : [requireUnchanged(clientRef(owner), client, owner)];
    return { changes: [putRecord(ref, record, owner, value), ...unchanged], result };
  });

/** The first clock that exists, otherwise real time. */
export const pickClock = (...clocks: readonly (StoredRecord<'clock'> | undefined)[]): Clock =>
  clocks.find((clock) => clock !== undefined)?.value ?? REAL_TIME;

/** Returns a function that reads a client's virtual time, once per client. */
export function createTimeReader(store: Store): (clientId: string) => Promise<Instant> {
  const known = new Map<string, Promise<Instant>>();
  return (clientId) => {
    const time = known.get(clientId) ?? readTime(store, clientId);
    known.set(clientId, time);
    return time;
  };
}

/** The virtual times of clients, read at one instant. */
export async function readTimes(
  store: Store,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, Instant>> {
  const ids = [...new Set(clientIds)];
  const { realTime, found } = await store.read(...[ALL_CLIENTS, ...ids].map(clockRef));
  const [everyones, ...own] = found;
  return new Map(ids.map((id, index) => [id, toVirtualTime(pickClock(own[index], everyones), realTime)]));
}

/** The virtual time of a client. */
export async function readTime(store: Store, clientId: string): Promise<Instant> {
  const { realTime, found } = await store.read(...clockRefs(clientId));
  return toVirtualTime(pickClock(...found), realTime);
}
