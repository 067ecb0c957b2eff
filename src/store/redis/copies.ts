import type { RunScript } from './greeting.ts';
import { ALL_PARTITIONS, FIRST_PARTITION, type Partition } from './partition.ts';

/** Copies of what is of everyone, in all partitions but the first. Each change is copied in its order, or all is. */
export function createCopies(run: RunScript) {
  async function replace(partitions: readonly Partition[]): Promise<void> {
    if (partitions.length === 0) return;
    const all = (await run(FIRST_PARTITION, 'COMMONS')) as string[];
    await Promise.all(partitions.map((partition) => run(partition, 'REPLACE', ...all)));
  }

  return {
    replace,

    /**
     * Copies the present records of these fields. Resolves when all partitions have them.
     *
     * @param before the number of the change before this one
     */
    async copy(fields: readonly string[], before: string, number: string): Promise<void> {
      const reply = await run(FIRST_PARTITION, 'READ', '', '', fields.join('\n'));
      const [, , ...records] = reply as (string | null)[];
      const pairs = fields.flatMap((field, index) => [field, records[index] ?? '']);
      const others = ALL_PARTITIONS.filter((partition) => partition !== FIRST_PARTITION);
      const copied = await Promise.all(
        others.map((partition) => run(partition, 'COPY', before, number, ...pairs)),
      );
      await replace(others.filter((_, index) => copied[index] === 0));
    },
  };
}
