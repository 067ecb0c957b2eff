/** A part of a list. */
export interface Page<T, Total extends number | null = number> {
  readonly items: readonly T[];
  /** How many there are in all; null where counting would read them all. */
  readonly total: Total;
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined;
}

/** Which part of a list is meant. */
export interface PageRequest {
  /** The most items. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
  /** Only those of one client. */
  readonly clientId?: string | undefined;
}

/**
 * A page of up to `limit` items.
 *
 * @param found one item more than that, if there is one
 * @param toCursor returns the cursor that stands for an item
 */
export function createPage<T>(
  found: readonly T[],
  limit: number,
  toCursor: (item: T) => string,
): Pick<Page<T>, 'items' | 'next'> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? toCursor(last) : undefined };
}
