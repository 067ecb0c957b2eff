import type { Static, TObject, TSchema, TUnion } from 'typebox';
import * as Type from 'typebox';
import { Check, Errors } from 'typebox/value';
import { closestMatch, findByLastWord } from '../../domain/closest-match.ts';

/** A path into a document: keys and indexes from its root. */
export type Path = readonly (string | number)[];

/** One way in which a document does not fit its format. */
export interface Mismatch {
  readonly path: Path;
  /** Whether the last key of `path` is wrong, or the value under it. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** Whether a part of a document fits the schema. */
export type IsValid = (path: Path) => boolean;

/** The format of a document: its schema, and checks beyond it. */
export interface Format<Schema extends TSchema> {
  readonly schema: Schema;
  /** The meaning of an empty document, if it may be empty. */
  readonly emptyValue?: Static<Schema>;
  /** May rely only on the valid parts of `document`. */
  readonly beyond: (document: Static<Schema>, isSound: IsValid) => Mismatch[];
}

/** Annotations that messages are built from. `description` says what to give. */
interface Annotated extends TSchema {
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  /** Its value is never repeated in a message. */
  readonly writeOnly?: boolean;
  /** What to do about this very value, where that can be said. */
  readonly explain?: (value: unknown) => string | undefined;
}

const asAnnotated = (schema: TSchema): Annotated => schema;
/** Whether `value` is a JSON object. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const MAX_SHOWN_LENGTH = 60;

function formatValue(value: unknown): string {
  if (typeof value !== 'string')
    return Array.isArray(value) ? 'a list' : isMap(value) ? 'a map' : String(value);
  const start = value.length > MAX_SHOWN_LENGTH ? `${value.slice(0, MAX_SHOWN_LENGTH)}…` : value;
  return JSON.stringify(start);
}

const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;

/** The closest key above, which names what the message is about. */
const formatLabel = (path: Path): string => {
  const key = path.findLast((part) => typeof part === 'string');
  return key === undefined ? '' : `${key}: `;
};

const formatTitle = (schema: TSchema, path: Path): string =>
  path.length === 0 ? '' : `${asAnnotated(schema).title ?? path.at(-1)}: `;

const formatExpected = ({ enum: allowed, description }: Annotated): string | undefined =>
  allowed === undefined ? description : `one of ${allowed.join(', ')}`;

function describeWrongValue(schema: TSchema, value: unknown, path: Path): string {
  const { title, type, writeOnly } = asAnnotated(schema);
  // A document that is not a map may be a text full of secrets.
  const isDocument = path.length === 0 && Type.IsObject(schema);
  const what = writeOnly || isDocument ? 'this' : formatValue(value);
  const unquoted = type === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  if (unquoted && Check(schema, String(value)))
    return `${formatLabel(path)}${what} is not text; put it in quotes`;
  const give = formatExpected(asAnnotated(schema));
  if (title === undefined || give === undefined)
    return formatLabel(path) + (Errors(schema, value)[0]?.message ?? 'is not what is expected here');
  const { explain, enum: allowed = [] } = asAnnotated(schema);
  const meant = typeof value === 'string' ? closestMatch(value, allowed.map(String)) : undefined;
  const help = explain?.(value) ?? (meant === undefined ? `give ${give}` : `did you mean "${meant}"?`);
  return `${formatLabel(path)}${what} is not ${withArticle(title)}; ${help}`;
}

const listAdvertisedKeys = (schema: TObject): string[] =>
  Object.keys(schema.properties).filter((key) => !key.startsWith('$'));

function describeKeys(schema: TObject): string {
  const keys = listAdvertisedKeys(schema);
  return keys.length === 0
    ? 'leave it out'
    : `${withArticle(asAnnotated(schema).title ?? 'map')} has ${keys.join(', ')}`;
}

/** The key of `schema` that an unknown one probably means. */
const meantKey = ({ properties }: TObject, key: string): string | undefined =>
  closestMatch(key, Object.keys(properties)) ?? findByLastWord(key, Object.keys(properties));

/** An unknown key in a map of secrets may be a secret itself, unless it resembles a known key. */
function createUnknownKey(schema: TObject, key: string, path: Path): Mismatch {
  const suggestion = meantKey(schema, key);
  const named =
    asAnnotated(schema).writeOnly && suggestion === undefined
      ? 'this key'
      : `'${formatValue(key).slice(1, -1)}'`;
  const help = suggestion === undefined ? describeKeys(schema) : `did you mean '${suggestion}'?`;
  const message = `${formatTitle(schema, path)}${named} is not known here; ${help}`;
  return { path: [...path, key], at: 'key', message };
}

const checkProperties = (schema: TObject, value: Record<string, unknown>, path: Path): Mismatch[] =>
  Object.entries(schema.properties)
    .filter(([key]) => Object.hasOwn(value, key))
    .flatMap(([key, property]) => findMismatches(property, value[key], [...path, key]));

const findMissingKeys = (schema: TObject, value: Record<string, unknown>): string[] =>
  ((schema.required ?? []) as string[]).filter((key) => !Object.hasOwn(value, key));

function checkMap(schema: TObject, value: Record<string, unknown>, path: Path): Mismatch[] {
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(schema.properties, key));
  const meant = unknown.map((key) => meantKey(schema, key));
  // A value under a misspelt key is reported once.
  const missing = findMissingKeys(schema, value).filter((key) => !meant.includes(key));
  return [
    ...unknown.map((key) => createUnknownKey(schema, key, path)),
    ...missing.map((key): Mismatch => {
      const message = `${formatTitle(schema, path)}${key} is missing`;
      return { path, at: 'value', message };
    }),
    ...checkProperties(schema, value, path),
  ];
}

/** A union of maps; each has a key that it requires and no other has. */
interface Choice {
  readonly title: string;
  readonly kinds: readonly { readonly member: TObject; readonly kind: string }[];
  /** A sentence that says what is allowed. */
  readonly rule: string;
}

function toChoice(union: TUnion): Choice {
  const members = union.anyOf.filter((member) => Type.IsObject(member));
  const owners = (key: string) => members.filter(({ properties }) => Object.hasOwn(properties, key));
  const kinds = members.flatMap((member) =>
    (member.required as string[])
      .filter((key) => owners(key).length === 1)
      .slice(0, 1)
      .map((kind) => ({ member, kind })),
  );
  const shared = [...new Set(members.flatMap(listAdvertisedKeys))].filter(
    (key) => owners(key).length === members.length,
  );
  const title = asAnnotated(union).title ?? 'map';
  const has = [...shared, `one of ${kinds.map(({ kind }) => kind).join(', ')}`].join(' and ');
  return { title, kinds, rule: `${withArticle(title)} has ${has}` };
}

function checkChoice(union: TUnion, value: Record<string, unknown>, path: Path): Mismatch[] {
  const { title, kinds, rule } = toChoice(union);
  const mismatchAtValue = (message: string): Mismatch => ({
    path,
    at: 'value',
    message: `${title}: ${message}`,
  });
  const mismatchAtKey = (key: string, message: string): Mismatch => ({
    path: [...path, key],
    at: 'key',
    message: `${title}: ${message}`,
  });
  const isKnown = (key: string) => kinds.some(({ member }) => Object.hasOwn(member.properties, key));
  const unknown = Object.keys(value)
    .filter((key) => !isKnown(key))
    .map((key) => mismatchAtKey(key, `'${formatValue(key).slice(1, -1)}' is not known here; ${rule}`));

  const [first, second] = kinds.filter(({ kind }) => Object.hasOwn(value, kind));
  if (first === undefined) {
    const any = Type.Object(Object.assign({}, ...kinds.map(({ member }) => member.properties)));
    const incomplete = unknown.length === 0 ? [mismatchAtValue(`is incomplete; ${rule}`)] : [];
    return [...unknown, ...incomplete, ...checkProperties(any, value, path)];
  }
  if (second !== undefined) {
    return [
      ...unknown,
      mismatchAtKey(second.kind, `${first.kind} and ${second.kind} exclude each other; ${rule}`),
    ];
  }
  const misplaced = Object.keys(value)
    .filter((key) => isKnown(key) && !Object.hasOwn(first.member.properties, key))
    .map((key) => mismatchAtKey(key, `'${key}' does not go with ${first.kind}`));
  const missing = findMissingKeys(first.member, value).map((key) => mismatchAtValue(`${key} is missing`));
  return [...unknown, ...misplaced, ...missing, ...checkProperties(first.member, value, path)];
}

function checkParts(schema: TSchema, value: unknown, path: Path): Mismatch[] {
  if (Type.IsUnion(schema) && isMap(value)) return checkChoice(schema, value, path);
  if (Type.IsObject(schema) && isMap(value)) return checkMap(schema, value, path);
  if (Type.IsArray(schema) && Array.isArray(value)) {
    return value.flatMap((item, index) => findMismatches(schema.items, item, [...path, index]));
  }
  return [];
}

/**
 * Every way in which `value` does not fit `schema`, each as a message about the smallest invalid part. Empty exactly when it
 * fits.
 */
export function findMismatches(schema: TSchema, value: unknown, path: Path = []): Mismatch[] {
  if (Check(schema, value)) return [];
  const found = checkParts(schema, value, path);
  return found.length > 0 ? found : [{ path, at: 'value', message: describeWrongValue(schema, value, path) }];
}

/** `path` and the paths of all its ancestors, each as text. */
const withAncestors = (path: Path): string[] =>
  Array.from({ length: path.length + 1 }, (_, depth) => JSON.stringify(path.slice(0, depth)));

/** A check whether a part of the document is free of the mismatches in `found`. */
export function createValidCheck(found: readonly Mismatch[]): IsValid {
  const wrong = new Set(found.map(({ path }) => JSON.stringify(path)));
  const containsWrong = new Set(found.flatMap(({ path }) => withAncestors(path)));
  return (path) =>
    !containsWrong.has(JSON.stringify(path)) && !withAncestors(path).some((part) => wrong.has(part));
}

/** A key that is missing because it is misspelt is reported once, where it is misspelt. */
const hasValue = (document: unknown, path: Path): boolean =>
  path.reduce<unknown>(
    (value, key) => (Object(value) === value ? Reflect.get(value as object, key) : undefined),
    document,
  ) !== undefined;

/** Every way in which `document` does not fit the format, by its schema and beyond it. */
export function check<Schema extends TSchema>(
  { schema, beyond }: Format<Schema>,
  document: unknown,
): readonly Mismatch[] {
  const found = findMismatches(schema, document);
  const isReadable = found.every(({ path }) => path.length > 0);
  if (!isReadable) return found;
  const isValid = createValidCheck(found);
  const isSound: IsValid = (path) => hasValue(document, path) && isValid(path);
  return [...found, ...beyond(document as Static<Schema>, isSound)];
}
