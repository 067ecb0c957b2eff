/** How many sources are read at the same time. */
const PARALLEL_READS = 16;

/**
 * Merges the pages of several sources into pages of all.
 *
 * @param numberOf returns the number by which each source is sorted, smallest first
 */
export async function* mergeSorted<T>(
  sources: readonly AsyncIterator<readonly T[]>[],
  numberOf: (item: T) => number,
): AsyncGenerator<readonly T[]> {
  let open = sources.map((source) => ({ source, items: [] as readonly T[] }));
  for (;;) {
    const empty = open.filter(({ items }) => items.length === 0);
    for (let next = 0; next < empty.length; next += PARALLEL_READS) {
      const read = async (one: (typeof open)[number]) => {
        const { done, value } = await one.source.next();
        if (!done) one.items = value;
      };
      await Promise.all(empty.slice(next, next + PARALLEL_READS).map(read));
    }
    open = open.filter(({ items }) => items.length > 0);
    if (open.length === 0) return;
    // What a source has not shown yet comes after its last item.
    const end = open.reduce((least, { items }) => Math.min(least, numberOf(items.at(-1) as T)), Infinity);
    const page: T[] = [];
    for (const one of open) {
      const firstBeyond = one.items.findIndex((item) => numberOf(item) > end);
      const count = firstBeyond < 0 ? one.items.length : firstBeyond;
      page.push(...one.items.slice(0, count));
      one.items = one.items.slice(count);
    }
    yield page.sort((a, b) => numberOf(a) - numberOf(b));
  }
}
