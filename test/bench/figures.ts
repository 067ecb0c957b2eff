/** Returns a quantile of `numbers`; with `part` 0.5, the median. */
export const atPart = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? Number.NaN;

export const median = (numbers: readonly number[]): number => atPart(numbers, 0.5);

/** Each of `numbers` by that of `others` from the same round. */
export const ratios = (numbers: readonly number[], others: readonly number[]): number[] =>
  numbers.map((number, round) => number / (others[round] ?? Number.NaN));

type Unit = 'ms' | 'µs' | 'bytes' | 'kB' | 'MB' | '×' | '%' | '';

/** A figure of which less is better. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** Half the width of the median's 95 % interval, or of what a single measurement may differ by. */
  readonly noise: number;
  readonly note?: string;
}

/** What a figure that is measured once may differ by in the next run. */
const SINGLE_NOISE = 0.05;

/** A figure that was measured once. */
export const single = (what: string, value: number, unit: Unit, note?: string): Figure => ({
  what,
  value,
  unit,
  noise: value * SINGLE_NOISE,
  ...(note !== undefined && { note }),
});

/** A figure that was measured in each round: its median, with the notch of a box plot. */
export const measured = (what: string, numbers: readonly number[], unit: Unit, note?: string): Figure => ({
  what,
  value: median(numbers),
  unit,
  noise: (1.57 * (atPart(numbers, 0.75) - atPart(numbers, 0.25))) / Math.sqrt(numbers.length),
  ...(note !== undefined && { note }),
});

const digitsOf = (value: number) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

const formatValue = ({ value, unit }: Pick<Figure, 'value' | 'unit'>) =>
  `${value.toFixed(digitsOf(value))} ${unit}`.trim();

/** How a figure compares with that of an earlier run, in words. */
export function compareWith(earlier: Figure | undefined, now: Figure): string {
  if (earlier === undefined) return 'new';
  const difference = now.value - earlier.value;
  const percent = Math.abs((difference / earlier.value) * 100).toFixed(0);
  if (Math.abs(difference) <= earlier.noise + now.noise) return `within noise of ${formatValue(earlier)}`;
  return `${percent} % ${difference < 0 ? 'better' : 'worse'} than ${formatValue(earlier)}`;
}

export const formatRow = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A row of the table. */
export const formatFigure = (figure: Figure, ...more: readonly string[]): string =>
  formatRow(
    figure.what,
    `${formatValue(figure)}${figure.noise > 0 ? ` ± ${figure.noise.toFixed(digitsOf(figure.value))}` : ''}`,
    figure.note ?? '',
    ...more,
  );
