import { isMap } from '../../control/schema/mismatch.ts';
import { closestMatch } from '../../domain/closest-match.ts';

/** The keys that the verifier reads in a pact. It ignores all others, and what they should expect. */

/** The keys of each part of a pact. */
const KEYS = {
  request: [
    'method',
    'path',
    'query',
    'headers',
    'body',
    'matchingRules',
    'generators',
    'requestMatchingRules',
  ],
  response: ['status', 'headers', 'body', 'matchingRules', 'generators', 'responseMatchingRules'],
  body: ['content', 'contentType', 'encoded', 'contentTypeHint'],
  state: ['name', 'params'],
} as const;
type Part = keyof typeof KEYS;

export const isKeyOf = (part: Part, key: string): boolean => (KEYS[part] as readonly string[]).includes(key);

const STATE_KEYS = ['providerStates', 'providerState', 'provider_state'];
/** Keys without anything to compare. */
const NOTES = ['type', 'key', 'pending', 'comments', 'pluginConfiguration', 'interactionMarkup', 'transport'];
const EXCHANGE_KEYS = ['request', 'response'];
const EVENT_KEYS = ['contents', 'metadata', 'matchingRules', 'generators'];

/** The keys of an interaction. Version 3 has two names for metadata. */
export const listInteractionKeys = (kind: 'http' | 'message', isV4: boolean): readonly string[] => [
  'description',
  ...STATE_KEYS,
  ...NOTES,
  ...(kind === 'http' ? EXCHANGE_KEYS : EVENT_KEYS),
  ...(kind === 'message' && !isV4 ? ['metaData'] : []),
];

const DOCUMENT_KEYS = ['consumer', 'provider', 'interactions', 'messages', 'metadata'];
const METADATA_KEYS = ['pactSpecification', 'pact-specification', 'pactSpecificationVersion', 'plugins'];

/** Brokers add keys with an underscore. */
const isUnknown = (key: string, known: readonly string[]): boolean =>
  !known.includes(key) && !key.startsWith('_');

/** What to use instead of an unknown word. */
export function suggest(word: string, known: readonly string[]): string {
  const meant = closestMatch(word, known);
  return meant === undefined ? `there are ${known.join(', ')}` : `did you mean '${meant}'?`;
}

const describeUnknown = (place: string, key: string, known: readonly string[]): string =>
  `${place}: '${key.slice(0, 100)}' is not known to Pact; ${suggest(key, known)}`;

/** Every key of `fields` that is not among `known`. */
export const findUnknownKeys = (fields: object, place: string, known: readonly string[]): string[] =>
  Object.keys(fields)
    .filter((key) => isUnknown(key, known))
    .map((key) => describeUnknown(place, key, known));

export const findUnknownKeysOf = (part: Part, fields: object, place: string): string[] =>
  findUnknownKeys(fields, place, KEYS[part]);

const findTypos = (fields: unknown, place: string, known: readonly string[]): string[] =>
  isMap(fields)
    ? Object.keys(fields)
        .filter((key) => isUnknown(key, known) && closestMatch(key, known) !== undefined)
        .map((key) => describeUnknown(place, key, known))
    : [];

/** Misspelt keys around the interactions. Others are notes that libraries leave there. */
export const findMisspeltDocumentKeys = (document: Readonly<Record<string, unknown>>): string[] => [
  ...findTypos(document, 'the pact', DOCUMENT_KEYS),
  ...findTypos(document.metadata, 'metadata', METADATA_KEYS),
];

const isEscaped = (text: string, at: number): boolean => {
  let from = at;
  while (text[from - 1] === '\\') from -= 1;
  return (at - from) % 2 === 1;
};

/** Where the string that begins at `start` ends. */
function findStringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** A key that a valid JSON text has twice in one map. Every reader drops all but the last. */
export function findRepeatedKey(text: string): string | undefined {
  const maps: Set<string>[] = [];
  const tokens = /["{}[\]]/g;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found;
    if (token === '{' || token === '[') maps.push(new Set());
    else if (token !== '"') maps.pop();
    else {
      const end = findStringEnd(text, found.index);
      tokens.lastIndex = end + 1;
      if (!/^\s*:/.test(text.slice(end + 1, end + 100))) continue;
      const key = text.slice(found.index + 1, end);
      if (maps.at(-1)?.has(key)) return key;
      maps.at(-1)?.add(key);
    }
  }
  return undefined;
}
