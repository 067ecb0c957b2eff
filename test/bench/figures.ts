/** The number below which so large a part of `numbers` lies: with 0.5 the median. */
export const atPart = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? Number.NaN;

export const median = (numbers: readonly number[]): number => atPart(numbers, 0.5);

/** How many times as large as `others`, which were measured in turns with them, `numbers` are. */
export const ratio = (numbers: readonly number[], others: readonly number[]): number =>
  median(numbers.map((number, round) => number / (others[round] ?? Number.NaN)));
