import type { Instant } from '../../domain/time.ts';
import type { Kind, Ref, Store, StoredRecord } from '../store.ts';
import type { RunScript } from './greeting.ts';
import { createKnownRecords } from './known-records.ts';
import { findElsewhere } from './named-tokens.ts';
import { FIRST_PARTITION, findPartition, type Partition, SINGLE_KINDS } from './partition.ts';
import { parseRecord, toField, toInstant, toShortField } from './records.ts';
import { PAGE_SIZE, UNCHANGED } from './scripts/keys.ts';

/** A record to read, and its place in the list of all. */
type Wanted = readonly [place: number, ref: Ref];

/** Records to read in one partition. */
interface Group {
  readonly own: Wanted[];
  readonly common: Wanted[];
}
const createGroup = (): Group => ({ own: [], common: [] });

/** What is of everyone is read with what is of a client. */
function toGroups(refs: readonly Ref[]): Map<Partition, Group> {
  const groups = new Map<Partition, Group>();
  const common: Wanted[] = [];
  for (const [place, ref] of refs.entries()) {
    const partition = findPartition(ref);
    if (partition === undefined) common.push([place, ref]);
    else {
      const group = groups.get(partition) ?? createGroup();
      groups.set(partition, group);
      group.own.push([place, ref]);
    }
  }
  const [group = createGroup()] = groups.values();
  if (groups.size === 0) groups.set(FIRST_PARTITION, group);
  group.common.push(...common);
  return groups;
}

/** Reads records: those of a partition at one instant, a few hundred at a time. */
export function createReader(run: RunScript): Store['read'] {
  type Reply = [seconds: string, microseconds: string, ...(string | null)[]];
  type Found = (StoredRecord<Kind> | undefined)[];
  const known = createKnownRecords();

  /** Reads some records of a partition into `found`. Returns the time. */
  async function readSome(
    partition: Partition,
    own: readonly Wanted[],
    common: readonly Wanted[],
    found: Found,
  ) {
    const owner = own.find(([, { kind }]) => SINGLE_KINDS.includes(kind))?.[1].id;
    // Another reply may replace what is known before this one arrives.
    const all = [...own, ...common].map(([place, ref]) => {
      const field = toField(ref.kind, ref.id);
      return { place, ref, field, before: known.find(field) };
    });
    const lines = all.map(({ ref, before }, index) =>
      [before?.version, toShortField(ref, index < own.length ? owner : '')].join(''),
    );
    const [seconds, microseconds, ...texts] = (await run(
      partition,
      'READ',
      JSON.stringify(owner ?? ''),
      lines.slice(0, own.length).join('\n'),
      lines.slice(own.length).join('\n'),
    )) as Reply;
    for (const [index, { place, ref, field, before }] of all.entries()) {
      let text = texts[index] ?? null;
      const elsewhere = findElsewhere(text);
      if (elsewhere !== undefined) [, , text = null] = (await run(elsewhere, 'READ', '', field, '')) as Reply;
      if (text === UNCHANGED) found[place] = before;
      else {
        const record = text === null ? undefined : parseRecord(ref, text);
        known.update(ref.kind, field, record);
        found[place] = record;
      }
    }
    return toInstant(seconds, microseconds);
  }

  /** Reads a group into `found`. Returns the time of its first part. */
  async function readGroup(partition: Partition, { own, common }: Group, found: Found) {
    let time: Instant | undefined;
    for (let first = 0; first === 0 || first < own.length + common.length; first += PAGE_SIZE) {
      const end = first + PAGE_SIZE;
      const someCommon = common.slice(Math.max(0, first - own.length), Math.max(0, end - own.length));
      const read = await readSome(partition, own.slice(first, end), someCommon, found);
      time ??= read;
    }
    return time as Instant;
  }

  return async (...refs) => {
    const found: Found = Array(refs.length).fill(undefined);
    const [realTime] = await Promise.all(
      [...toGroups(refs)].map(([partition, group]) => readGroup(partition, group, found)),
    );
    return { realTime: realTime as Instant, found: found as never };
  };
}
