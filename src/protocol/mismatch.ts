import { type Static, type TObject, type TSchema, type TUnion, Type } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { nearest } from './nearest.ts';

/** Where in a document something stands: keys and indexes from its root. */
export type Path = readonly (string | number)[];

/** One way in which a document is not what it should be. */
export interface Mismatch {
  readonly path: Path;
  /** Whether the last key of `path` itself is wrong, or what stands under it. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** Tells of a part of a document whether it fits the schema. */
export type IsSound = (path: Path) => boolean;

/** What a document must be: its schema, and what a schema cannot say. */
export interface Format<Schema extends TSchema> {
  readonly schema: Schema;
  /** May rely on those parts of `document` that are sound. */
  readonly beyond: (document: Static<Schema>, isSound: IsSound) => Mismatch[];
}

/** The annotations that sentences are made of. `description` says what to give. */
interface Annotated extends TSchema {
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  /** Never repeated in a message. */
  readonly writeOnly?: boolean;
  /** Another spelling, accepted but not advertised. */
  readonly deprecated?: boolean;
}

const annotated = (schema: TSchema): Annotated => schema;
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const LONGEST_SHOWN = 60;

function shown(value: unknown): string {
  if (typeof value !== 'string')
    return Array.isArray(value) ? 'a list' : isMap(value) ? 'a map' : String(value);
  const start = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value;
  return JSON.stringify(start);
}

const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;

/** The nearest key above, which names what the sentence is about. */
const label = (path: Path): string => {
  const key = path.findLast((part) => typeof part === 'string');
  return key === undefined ? '' : `${key}: `;
};

const titled = (schema: TSchema, path: Path): string =>
  path.length === 0 ? '' : `${annotated(schema).title ?? path.at(-1)}: `;

const expected = ({ enum: allowed, description }: Annotated): string | undefined =>
  allowed === undefined ? description : `one of ${allowed.join(', ')}`;

function wrongValue(schema: TSchema, value: unknown, path: Path): string {
  const { title, type, writeOnly } = annotated(schema);
  const what = writeOnly ? 'this' : shown(value);
  const unquoted = type === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  if (unquoted && Check(schema, String(value))) return `${label(path)}${what} is not text; put it in quotes`;
  const give = expected(annotated(schema));
  return title === undefined || give === undefined
    ? label(path) + (Errors(schema, value)[0]?.message ?? 'is not what is expected here')
    : `${label(path)}${what} is not ${withArticle(title)}; give ${give}`;
}

const advertised = (schema: TObject): string[] =>
  Object.entries(schema.properties)
    .filter(([key, property]) => !key.startsWith('$') && !annotated(property).deprecated)
    .map(([key]) => key);

const hasOnly = (schema: TObject): string =>
  `${withArticle(annotated(schema).title ?? 'map')} has ${advertised(schema).join(', ')}`;

/** A key that looks like nothing known in a map of secrets may be a secret that lost its key. */
function unknownKey(schema: TObject, key: string, path: Path): Mismatch {
  const meant = nearest(key, Object.keys(schema.properties));
  const named =
    annotated(schema).writeOnly && meant === undefined ? 'this key' : `'${shown(key).slice(1, -1)}'`;
  const help = meant === undefined ? hasOnly(schema) : `did you mean '${meant}'?`;
  const message = `${titled(schema, path)}${named} is not known here; ${help}`;
  return { path: [...path, key], at: 'key', message };
}

const wrongProperties = (schema: TObject, value: Record<string, unknown>, path: Path): Mismatch[] =>
  Object.entries(schema.properties)
    .filter(([key]) => Object.hasOwn(value, key))
    .flatMap(([key, property]) => mismatches(property, value[key], [...path, key]));

const missingKeys = (schema: TObject, value: Record<string, unknown>, path: Path): Mismatch[] =>
  ((schema.required ?? []) as string[])
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => ({ path, at: 'value', message: `${titled(schema, path)}${key} is missing` }));

const wrongMap = (schema: TObject, value: Record<string, unknown>, path: Path): Mismatch[] => [
  ...Object.keys(value)
    .filter((key) => !Object.hasOwn(schema.properties, key))
    .map((key) => unknownKey(schema, key, path)),
  ...missingKeys(schema, value, path),
  ...wrongProperties(schema, value, path),
];

/** The members of a union of maps, told apart by the keys that one demands and no other knows. */
function kindsOf(union: TUnion): { member: TObject; kind: string }[] {
  const members = union.anyOf.filter((member) => Type.IsObject(member));
  const isItsOwn = (key: string, of: TObject) =>
    members.every((other) => other === of || !Object.hasOwn(other.properties, key));
  return members.flatMap((member) =>
    (member.required as string[])
      .filter((key) => isItsOwn(key, member))
      .slice(0, 1)
      .map((kind) => ({ member, kind })),
  );
}

function wrongChoice(union: TUnion, value: Record<string, unknown>, path: Path): Mismatch[] {
  const kinds = kindsOf(union);
  const title = annotated(union).title ?? 'map';
  const chosen = kinds.filter(({ kind }) => Object.hasOwn(value, kind));
  const members = kinds.map(({ member }) => member);
  const shared = advertised(members[0] ?? Type.Object({})).filter((key) =>
    members.every(({ properties }) => Object.hasOwn(properties, key)),
  );
  const has = [...shared, `one of ${kinds.map(({ kind }) => kind).join(', ')}`].join(' and ');
  const rule = `${withArticle(title)} has ${has}`;
  const say = (message: string, key?: string): Mismatch => ({
    path: key === undefined ? path : [...path, key],
    at: key === undefined ? 'value' : 'key',
    message: `${title}: ${message}`,
  });

  const strangers = Object.keys(value)
    .filter((key) => members.every(({ properties }) => !Object.hasOwn(properties, key)))
    .map((key) => say(`'${shown(key).slice(1, -1)}' is not known here; ${rule}`, key));
  const [first, second] = chosen;
  if (second !== undefined) {
    return [...strangers, say(`${first?.kind} and ${second.kind} exclude each other; ${rule}`, second.kind)];
  }
  const member = first?.member ?? Type.Pick(members[0] ?? Type.Object({}), shared);
  const misplaced = Object.keys(value)
    .filter((key) => first !== undefined && !Object.hasOwn(first.member.properties, key))
    .filter((key) => members.some(({ properties }) => Object.hasOwn(properties, key)))
    .map((key) => say(`'${key}' does not go with ${first?.kind}`, key));
  const unchosen = first === undefined && strangers.length === 0 ? [say(`is incomplete; ${rule}`)] : [];
  const missing = unchosen.length > 0 ? [] : missingKeys(member, value, path);
  return [...strangers, ...misplaced, ...unchosen, ...missing, ...wrongProperties(member, value, path)];
}

function inParts(schema: TSchema, value: unknown, path: Path): Mismatch[] {
  if (Type.IsUnion(schema) && isMap(value)) return wrongChoice(schema, value, path);
  if (Type.IsObject(schema) && isMap(value)) return wrongMap(schema, value, path);
  if (Type.IsArray(schema) && Array.isArray(value)) {
    return value.flatMap((item, index) => mismatches(schema.items, item, [...path, index]));
  }
  return [];
}

/**
 * Every way in which `value` does not fit `schema`, each a sentence about the smallest part that is wrong.
 * Empty exactly when it fits.
 */
export function mismatches(schema: TSchema, value: unknown, path: Path = []): Mismatch[] {
  if (Check(schema, value)) return [];
  const found = inParts(schema, value, path);
  return found.length > 0 ? found : [{ path, at: 'value', message: wrongValue(schema, value, path) }];
}

const isWithin = (inner: Path, outer: Path): boolean => outer.every((step, index) => step === inner[index]);

/** What `found` leaves of the document that it was found in. */
export const soundIn =
  (found: readonly Mismatch[]): IsSound =>
  (path) =>
    !found.some((mismatch) => isWithin(mismatch.path, path) || isWithin(path, mismatch.path));

/** Every way in which `document` is not of `format`, by its schema and beyond it. */
export function check<Schema extends TSchema>(
  { schema, beyond }: Format<Schema>,
  document: unknown,
): readonly Mismatch[] {
  const found = mismatches(schema, document);
  const isReadable = found.every(({ path }) => path.length > 0);
  return isReadable ? [...found, ...beyond(document as Static<Schema>, soundIn(found))] : found;
}
