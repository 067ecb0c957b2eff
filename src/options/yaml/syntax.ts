import { type Document, isScalar, Lexer, Parser, visit, type YAMLError } from 'yaml';

/** A problem at an offset into a text. */
export type Spot = readonly [offset: number, message: string];

/** The composer recurses at every level. */
const MAX_DEPTH = 100;
/** Resolving an alias walks the whole document. */
export const MAX_ALIASES = 100;

/** Where `text` is nested too deeply to be composed. */
export function findTooDeep(text: string): Spot[] {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH)
      return [[parser.offset, `is nested deeper than ${MAX_DEPTH} levels`]];
  }
  return [];
}

const ERROR_MESSAGES: Partial<Record<YAMLError['code'], string>> = {
  MULTIPLE_DOCS: 'a second document begins here; write one document per file',
  TAG_RESOLVE_FAILED: 'put a value that begins with ! in quotes',
};

/** The parser's messages quote the source after a colon, and the source may be a secret. */
const describeSyntaxError = ({ code, message }: YAMLError): string =>
  ERROR_MESSAGES[code] ?? message.replace(/: .*$/s, '');

/**
 * Where the text of `doc` is not YAML. The parser guesses what was meant, so only the first of several errors in one place
 * counts.
 */
export function findSyntaxErrors(doc: Document.Parsed): Spot[] {
  const found = new Map<number, Spot>();
  for (const error of [...doc.errors, ...doc.warnings]) {
    const [offset] = error.pos;
    if (!found.has(offset)) found.set(offset, [offset, describeSyntaxError(error)]);
  }
  return [...found.values()];
}

/** A key as a property name. */
export const toKeyText = (key: unknown): string => String(isScalar(key) ? (key.value ?? '') : key);

/** Duplicate keys in a map. The parser's own check takes quadratic time. */
export function findDuplicateKeys(doc: Document.Parsed): Spot[] {
  const found: Spot[] = [];
  visit(doc, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        const text = toKeyText(key);
        if (seen.has(text) && isScalar(key)) found.push([key.range?.[0] ?? 0, 'this key is used twice']);
        seen.add(text);
      }
    },
  });
  return found;
}

const NO_ANCHOR = 'put a value that begins with * in quotes, or define its anchor & above';

/** Unresolved aliases, and the first alias beyond the limit. */
export function findBrokenAliases(doc: Document.Parsed): Spot[] {
  const found: Spot[] = [];
  let count = 0;
  visit(doc, {
    Alias: (_, alias) => {
      const offset = alias.range?.[0] ?? 0;
      count += 1;
      if (count > MAX_ALIASES) {
        found.push([offset, `is one alias too many; a file may have ${MAX_ALIASES}`]);
        return visit.BREAK;
      }
      if (alias.resolve(doc) === undefined) found.push([offset, NO_ANCHOR]);
      return undefined;
    },
  });
  return found;
}
