/**
 * How many letters must be inserted, deleted, replaced or swapped with their neighbour to turn `a` into `b`.
 */
function computeEditDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      (rows[row] as number[]).push(
        Math.min(
          at(row - 1, column - 1) + (same ? 0 : 1),
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

/** With more differences than this, or more than one in three letters, it is another word. */
const MAX_EDITS = 2;
/** Longer texts are close to no known word. */
const MAX_WORD_LENGTH = 64;

/** The one of `known` that `word` probably means, or undefined when none is close. */
export function closestMatch(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_WORD_LENGTH) return undefined;
  const maxEdits = Math.min(MAX_EDITS, Math.floor(word.length / 3));
  const [best] = known
    // Keeps a body full of unknown keys from costing time.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= maxEdits)
    .map((candidate) => ({
      candidate,
      far: computeEditDistance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ far }) => far <= maxEdits)
    .sort((one, other) => one.far - other.far);
  return best?.candidate;
}

const simplify = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '');

/** The one of `given` that is probably meant as `name`: in other letters, with a typo, or only its last word. */
export const findMisspeltName = (name: string, given: readonly string[]): string | undefined =>
  given.find(
    (one) =>
      one !== name &&
      one.length <= MAX_WORD_LENGTH &&
      (simplify(one) === simplify(name) ||
        closestMatch(one, [name]) !== undefined ||
        findByLastWord(one, [name]) !== undefined),
  );

/** The only one of `known` whose last word is `word`, as in `id` for `client_id`. */
export function findByLastWord(word: string, known: readonly string[]): string | undefined {
  const [first, ...others] = known.filter((candidate) => candidate.endsWith(`_${word}`));
  return others.length === 0 ? first : undefined;
}
