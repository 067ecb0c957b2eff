import type { Addition, Change, Kind, Log, Store } from '../store.ts';
import { createCopies } from './copies.ts';
import type { RunScript } from './greeting.ts';
import { createNamedTokens } from './named-tokens.ts';
import { isCopied, listPartitions, type Partition, toPartition } from './partition.ts';
import {
  IS_LOG,
  isAddition,
  parseField,
  toAdditionArguments,
  toChangeArguments,
  toField,
} from './records.ts';
import { PAGE_SIZE } from './scripts/keys.ts';

/** Deleting takes twice as long as reading. */
const CLEAR_SIZE = PAGE_SIZE / 2 - 4;

/** Writes and deletes records and entries, with the copies and names that they need in other partitions. */
export function createWriter(run: RunScript): Pick<Store, 'swap' | 'clear'> {
  const { copy } = createCopies(run);
  const named = createNamedTokens(run);

  /** Deletes all records and entries of an owner, or of all owners, in a partition. */
  async function clearPartition(partition: Partition, names: readonly (Kind | Log)[], owner?: string) {
    const sorted = [...names].sort((a, b) => Number(IS_LOG[a]) - Number(IS_LOG[b]));
    const kinds = names.filter((name) => !IS_LOG[name]);
    const of = JSON.stringify(owner) ?? '';
    for (let isDone = false; !isDone; ) {
      const reply = await run(partition, 'CLEAR', of, `${CLEAR_SIZE}`, `${kinds.length}`, ...sorted);
      const [count, fields, copied] = reply as [number, string[], [string, string]?];
      isDone = count < CLEAR_SIZE;
      const deleted = fields.map(parseField).filter(({ kind }) => kind === 'token');
      await Promise.all(deleted.map(({ id }) => named.isNamed(id, partition) && named.forget(id, partition)));
      const [before, number] = copied ?? [];
      if (before !== undefined && number !== undefined) await copy(fields, before, number);
    }
  }

  /** @returns false when a version is not the present one, or another client has a token that would be created */
  async function swap(partition: Partition, owner: string, parts: readonly (Change | Addition)[]) {
    const changes = parts.filter((part): part is Change => !isAddition(part));
    const tokens = changes.filter(
      ({ ref: { kind, id } }) => kind === 'token' && named.isNamed(id, partition),
    );
    const created = tokens.filter(({ version, value }) => version === 0 && value).map(({ ref }) => ref.id);
    for (const token of created) if (!(await named.claim(token, partition))) return false;
    const reply = await run(
      partition,
      'COMMIT',
      JSON.stringify(owner),
      changes.some(({ ref: { kind } }) => isCopied(kind, owner)) ? 'common' : 'records',
      `${changes.length}`,
      ...changes.flatMap(toChangeArguments),
      ...parts.filter(isAddition).flatMap(toAdditionArguments),
    );
    const [number, before] = reply as string[];
    if (number === undefined || before === undefined) return false;
    const written = changes.filter(({ value }) => value !== undefined);
    const copied = written.filter(({ ref: { kind } }) => isCopied(kind, owner));
    if (copied.length > 0)
      await copy(
        copied.map(({ ref: { kind, id } }) => toField(kind, id)),
        before,
        number,
      );
    await Promise.all(tokens.map(({ ref, value }) => value === null && named.forget(ref.id, partition)));
    for (const token of created) {
      if (await named.keeps(token, partition)) continue;
      await run(
        partition,
        'COMMIT',
        JSON.stringify(owner),
        'records',
        '1',
        toField('token', token),
        number,
        'null',
      );
      return false;
    }
    return true;
  }

  return {
    async swap(...parts) {
      const [first] = parts;
      return first === undefined || swap(toPartition(first.owner), first.owner, parts);
    },

    async clear(names, owner) {
      await Promise.all(listPartitions(owner).map((partition) => clearPartition(partition, names, owner)));
    },
  };
}
