import type { Ref, Store } from '../store.ts';
import type { RunScript } from './greeting.ts';
import { findElsewhere } from './named-tokens.ts';
import { FIRST_PARTITION, findPartition, type Partition } from './partition.ts';
import { parseRecord, toField, toInstant } from './records.ts';
import { PAGE_SIZE } from './scripts/keys.ts';

/** Records to read in one partition: places in the list of all, and fields. */
interface Group {
  readonly own: [place: number, field: string][];
  readonly common: [place: number, field: string][];
}
const createGroup = (): Group => ({ own: [], common: [] });

/** What is of everyone is read with what is of a client. */
function toGroups(refs: readonly Ref[]): Map<Partition, Group> {
  const groups = new Map<Partition, Group>();
  const common: Group['common'] = [];
  for (const [place, ref] of refs.entries()) {
    const partition = findPartition(ref);
    const field = toField(ref.kind, ref.id);
    if (partition === undefined) common.push([place, field]);
    else {
      const group = groups.get(partition) ?? createGroup();
      groups.set(partition, group);
      group.own.push([place, field]);
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
  const runRead = (partition: Partition, count: number, fields: readonly string[]) =>
    run(partition, 'READ', `${count}`, ...fields) as Promise<Reply>;

  /** Reads a group into `texts`. Returns the time. */
  async function readGroup(partition: Partition, { own, common }: Group, texts: (string | null)[]) {
    const all = [...own, ...common];
    let time: Reply | undefined;
    for (let first = 0; first === 0 || first < all.length; first += PAGE_SIZE) {
      const some = all.slice(first, first + PAGE_SIZE);
      const count = Math.min(some.length, Math.max(0, own.length - first));
      const reply = await runRead(
        partition,
        count,
        some.map(([, field]) => field),
      );
      time ??= reply;
      for (const [index, [place, field]] of some.entries()) {
        const text = reply[index + 2] ?? null;
        const elsewhere = findElsewhere(text);
        texts[place] = elsewhere === undefined ? text : ((await runRead(elsewhere, 1, [field]))[2] ?? null);
      }
    }
    const [seconds = '0', microseconds = '0'] = time ?? [];
    return toInstant(seconds, microseconds);
  }

  return async (...refs) => {
    const texts = Array<string | null>(refs.length).fill(null);
    const groups = [...toGroups(refs)];
    const [realTime] = await Promise.all(
      groups.map(([partition, group]) => readGroup(partition, group, texts)),
    );
    const found = texts.map((text) => (text === null ? undefined : parseRecord(text)));
    return { realTime: realTime as NonNullable<typeof realTime>, found: found as never };
  };
}
