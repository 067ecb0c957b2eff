/**
 * Returns a table of generated tests.
 *
 * @throws {Error} it has fewer rows than `min`: without rows, `it.each` passes without a test
 */
export function atLeast<T>(min: number, rows: readonly T[]): readonly T[] {
  if (rows.length < min) throw new Error(`${rows.length} rows, expected at least ${min}`);
  return rows;
}
