/** Returns a quantile of `numbers`; with `part` 0.5, the median. */
export const atPart = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? Number.NaN;

export const median = (numbers: readonly number[]): number => atPart(numbers, 0.5);

/** Returns the median ratio of `numbers` to `others`, which were measured in the same rounds. */
export const ratio = (numbers: readonly number[], others: readonly number[]): number =>
  median(numbers.map((number, round) => number / (others[round] ?? Number.NaN)));
