import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
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
import { check, type Format, type IsSound, type Mismatch, soundIn } from '../../control/schema/mismatch.ts';
import {
  brokenAliases,
  duplicateKeys,
  keyText,
  MOST_ALIASES,
  type Spot,
  syntaxErrors,
  tooDeep,
} from './syntax.ts';

/** What names of YAML files end in; JSON is YAML as well. */
export const EXTENSIONS = ['.yaml', '.yml', '.json'];

/** Something wrong in a file. `line` and `column` count from 1. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file` as seen from `folder` when it lies in there. */
export function nearName(file: string, folder?: string): string {
  const near = folder === undefined ? file : relative(folder, file);
  return near.startsWith('..') || isAbsolute(near) ? file : near;
}

/** `fault` as a line for people and editors, its file as seen from `folder` when it lies in there. */
export const formatFault = ({ file, line, column, message }: Fault, folder?: string): string =>
  `${nearName(file, folder)}:${line}:${column} ${message}`;

/** A file that cannot be used, with everything that is wrong in it; its message is one line a fault. */
export class InvalidFile extends Error {
  override readonly name = 'InvalidFile';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => formatFault(fault)).join('\n'));
    this.faults = faults;
  }
}

/** What stands in a file, and the fault in it that a mismatch found later is. */
export interface Checked<T> {
  readonly document: T;
  readonly faultOf: (mismatch: Mismatch) => Fault;
}

/** What was found in a file that may be wrong; only its sound parts are what their type says. */
export interface Examined<T> extends Checked<T> {
  readonly faults: readonly Fault[];
  readonly isSound: IsSound;
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  let start = 0;
  do {
    lines.addNewLine(start);
    start = text.indexOf('\n', start) + 1;
  } while (start > 0);
  return lines;
}

/** The pairs of a map by their keys. Made once a map, because a long one may hold a fault at every key. */
function pairFinder(): (map: YAMLMap, key: string) => Pair | undefined {
  const known = new Map<YAMLMap, Map<string, Pair>>();
  return (map, key) => {
    const pairs = known.get(map) ?? new Map(map.items.map((pair) => [keyText(pair.key), pair]));
    known.set(map, pairs);
    return pairs.get(key);
  };
}

/** Tells where the part of `doc` stands that a mismatch is about, or else the nearest that contains it. */
function locator(doc: Document.Parsed): (mismatch: Mismatch) => number {
  const find = pairFinder();
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

/** Aliases of aliases multiply, which is noticed only when the value is made. */
function madeFrom(doc: Document.Parsed): { document: unknown } | Spot {
  try {
    return { document: doc.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (error) {
    if (error instanceof ReferenceError) return [0, 'has aliases of aliases that become too many'];
    throw error;
  }
}

/**
 * Examines the document in `text`, YAML or JSON, as one of `format`, and finds every fault of it in the order
 * of their places. `file` is only named in faults. Throws {@link InvalidFile} when it is no YAML at all.
 */
function examineYaml<Schema extends TSchema>(
  text: string,
  file: string,
  format: Format<Schema>,
): Examined<Static<Schema>> {
  const lines = linesOf(text);
  const faultAt = ([offset, message]: Spot): Fault => {
    const { line, col: column } = lines.linePos(offset);
    return { file, line, column, message };
  };
  const inOrder = (spots: readonly Spot[]): Fault[] => {
    const once = [...new Map(spots.map((spot) => [spot.join(' '), spot])).values()];
    return once.sort(([one], [other]) => one - other).map(faultAt);
  };
  const refuse = (spots: readonly Spot[]): void => {
    if (spots.length > 0) throw new InvalidFile(inOrder(spots));
  };

  refuse(tooDeep(text));
  const doc = parseDocument(text, { prettyErrors: false, logLevel: 'error', uniqueKeys: false });
  refuse([...syntaxErrors(doc), ...brokenAliases(doc)]);
  const made = madeFrom(doc);
  if (!('document' in made)) throw new InvalidFile([faultAt(made)]);
  const document = made.document ?? format.whenEmpty;
  const found = check(format, document);
  const offsetOf = locator(doc);
  const spotOf = (mismatch: Mismatch): Spot => [offsetOf(mismatch), mismatch.message];
  return {
    document: document as Static<Schema>,
    faults: inOrder([...duplicateKeys(doc), ...found.map(spotOf)]),
    isSound: soundIn(found),
    faultOf: (mismatch) => faultAt(spotOf(mismatch)),
  };
}

const LARGEST = 1_000_000;

/** Why a file that exists cannot be read, in the words of the system. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? `${error.code}` : `${error}`;

function textOf(file: string): string {
  const refused = (message: string) => new InvalidFile([{ file, line: 1, column: 1, message }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw refused(`cannot be read: ${codeOf(error)}`);
  }
  if (bytes.length > LARGEST) throw refused(`is larger than ${LARGEST} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused('is not written in UTF-8');
  }
}

/**
 * Reads and examines `file`. Throws {@link InvalidFile} when it cannot be read, is too large or is no YAML;
 * all else that is wrong is in the result.
 */
export const examineFile = <Schema extends TSchema>(
  file: string,
  format: Format<Schema>,
): Examined<Static<Schema>> => examineYaml(textOf(file), file, format);

/** Reads `file`, which must be of `format`. Throws {@link InvalidFile} with everything that is wrong. */
export function readYaml<Schema extends TSchema>(
  file: string,
  format: Format<Schema>,
): Checked<Static<Schema>> {
  const { document, faultOf, faults } = examineFile(file, format);
  if (faults.length > 0) throw new InvalidFile(faults);
  return { document, faultOf };
}
