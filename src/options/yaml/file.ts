import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import {
  check,
  createValidCheck,
  type Format,
  type IsValid,
  type Mismatch,
} from '../../control/schema/mismatch.ts';
import { type FileProblem, InvalidFile } from '../file-problem.ts';
import {
  findBrokenAliases,
  findDuplicateKeys,
  findSyntaxErrors,
  findTooDeep,
  MAX_ALIASES,
  type Spot,
  toKeyText,
} from './syntax.ts';

/** The content of a file, and a function that locates a mismatch found later. */
export interface CheckedDocument<T> {
  readonly document: T;
  readonly toProblem: (mismatch: Mismatch) => FileProblem;
}

/** The content of a file that may have problems; only its valid parts have the declared type. */
export interface ExaminedDocument<T> extends CheckedDocument<T> {
  readonly problems: readonly FileProblem[];
  readonly isSound: IsValid;
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  let start = 0;
  do {
    lines.addNewLine(start);
    start = text.indexOf('\n', start) + 1;
  } while (start > 0);
  return lines;
}

/** The pairs of a map by key. Cached per map: a long one may have a problem at every key. */
function createPairFinder(): (map: YAMLMap, key: string) => Pair | undefined {
  const known = new Map<YAMLMap, Map<string, Pair>>();
  return (map, key) => {
    const pairs = known.get(map) ?? new Map(map.items.map((pair) => [toKeyText(pair.key), pair]));
    known.set(map, pairs);
    return pairs.get(key);
  };
}

/** Locates the node of `doc` that a mismatch is about, or else its closest ancestor. */
function createLocator(doc: Document.Parsed): (mismatch: Mismatch) => number {
  const find = createPairFinder();
  return ({ path, at }) => {
    let node: unknown = doc.contents;
    let offset = doc.contents?.range[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      const holder: unknown = isAlias(node) ? node.resolve(doc) : node;
      const pair = isMap(holder) ? find(holder, String(step)) : undefined;
      const isKey = at === 'key' && depth === path.length - 1;
      if (pair !== undefined) node = isKey ? pair.key : (pair.value ?? pair.key);
      else node = isSeq(holder) && typeof step === 'number' ? holder.items[step] : undefined;
      if (!isNode(node) || !node.range) break;
      offset = node.range[0];
    }
    return offset;
  };
}

/** Nested aliases multiply, which shows only when the value is created. */
function toDocument(doc: Document.Parsed): { document: unknown } | Spot {
  try {
    return { document: doc.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    if (error instanceof ReferenceError) return [0, 'has aliases of aliases that expand to too many'];
    throw error;
  }
}

/**
 * Checks the document in `text`, YAML or JSON, against `format`, and returns every problem in the order of their
 * positions. `file` is only used in messages. Throws {@link InvalidFile} when it is not YAML at all.
 */
function examineYaml<Schema extends TSchema>(
  text: string,
  file: string,
  format: Format<Schema>,
): ExaminedDocument<Static<Schema>> {
  const lines = countLines(text);
  const toProblemAt = ([offset, message]: Spot): FileProblem => {
    const { line, col: column } = lines.linePos(offset);
    return { file, line, column, message };
  };
  const sortProblems = (spots: readonly Spot[]): FileProblem[] => {
    const once = [...new Map(spots.map((spot) => [spot.join(' '), spot])).values()];
    return once.sort(([one], [other]) => one - other).map(toProblemAt);
  };
  const throwIfAny = (spots: readonly Spot[]): void => {
    if (spots.length > 0) throw new InvalidFile(sortProblems(spots));
  };

  throwIfAny(findTooDeep(text));
  const doc = parseDocument(text, { prettyErrors: false, logLevel: 'error', uniqueKeys: false });
  throwIfAny([...findSyntaxErrors(doc), ...findBrokenAliases(doc)]);
  const made = toDocument(doc);
  if (!('document' in made)) throw new InvalidFile([toProblemAt(made)]);
  const document = made.document ?? format.emptyValue;
  const found = check(format, document);
  const getOffset = createLocator(doc);
  const toSpot = (mismatch: Mismatch): Spot => [getOffset(mismatch), mismatch.message];
  return {
    document: document as Static<Schema>,
    problems: sortProblems([...findDuplicateKeys(doc), ...found.map(toSpot)]),
    isSound: createValidCheck(found),
    toProblem: (mismatch) => toProblemAt(toSpot(mismatch)),
  };
}

const MAX_FILE_BYTES = 1_000_000;

/** The system's reason why an existing file cannot be read. */
const getErrorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? `${error.code}` : `${error}`;

function readText(file: string): string {
  const refused = (message: string) => new InvalidFile([{ file, line: 1, column: 1, message }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw refused(`cannot be read: ${getErrorCode(error)}`);
  }
  if (bytes.length > MAX_FILE_BYTES) throw refused(`is larger than ${MAX_FILE_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused('is not valid UTF-8');
  }
}

/**
 * Reads and checks `file`. Throws {@link InvalidFile} when it cannot be read, is too large or is not YAML; all other
 * problems are in the result.
 */
export const examineFile = <Schema extends TSchema>(
  file: string,
  format: Format<Schema>,
): ExaminedDocument<Static<Schema>> => examineYaml(readText(file), file, format);

/** Reads `file`, which must match `format`. Throws {@link InvalidFile} with every problem. */
export function readYaml<Schema extends TSchema>(
  file: string,
  format: Format<Schema>,
): CheckedDocument<Static<Schema>> {
  const { document, toProblem, problems } = examineFile(file, format);
  if (problems.length > 0) throw new InvalidFile(problems);
  return { document, toProblem };
}
