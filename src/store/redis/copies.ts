import type { RunScript } from './greeting.ts';
import { ALL_PARTITIONS, FIRST_PARTITION, type Partition } from './partition.ts';

/** Copies of what is of everyone, in all partitions but the first. Each change is copied in its order, or all is. */
export function createCopies(run: RunScript) {
  async function replace(partition: Partition): Promise<void> {
    const all = (await run(FIRST_PARTITION, 'COMMONS')) as string[];
    await run(partition, 'REPLACE', ...all);
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
      await Promise.all(
        ALL_PARTITIONS.filter((partition) => partition !== FIRST_PARTITION).map(async (partition) => {
          if ((await run(partition, 'COPY', before, number, ...pairs)) === 0) await replace(partition);
        }),
      );
    },
  };
}
