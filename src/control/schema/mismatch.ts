import { type Static, type TObject, type TSchema, type TUnion, Type } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { endingIn, nearest } from './closest-match.ts';

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
  /** What a document means in which nothing stands, if it may be so. */
  readonly whenEmpty?: Static<Schema>;
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
}

const annotated = (schema: TSchema): Annotated => schema;
/** Whether `value` is what JSON calls an object. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
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
  // A whole document that is no map may be all of its secrets in one text.
  const isDocument = path.length === 0 && Type.IsObject(schema);
  const what = writeOnly || isDocument ? 'this' : shown(value);
  const unquoted = type === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  if (unquoted && Check(schema, String(value))) return `${label(path)}${what} is not text; put it in quotes`;
  const give = expected(annotated(schema));
  return title === undefined || give === undefined
    ? label(path) + (Errors(schema, value)[0]?.message ?? 'is not what is expected here')
    : `${label(path)}${what} is not ${withArticle(title)}; give ${give}`;
}

const advertised = (schema: TObject): string[] =>
  Object.keys(schema.properties).filter((key) => !key.startsWith('$'));

const hasOnly = (schema: TObject): string =>
  `${withArticle(annotated(schema).title ?? 'map')} has ${advertised(schema).join(', ')}`;

/** The key of `schema` that an unknown one probably stands for. */
const meantKey = ({ properties }: TObject, key: string): string | undefined =>
  nearest(key, Object.keys(properties)) ?? endingIn(key, Object.keys(properties));

/** A key that looks like nothing known in a map of secrets may be a secret that lost its key. */
function unknownKey(schema: TObject, key: string, path: Path): Mismatch {
  const meant = meantKey(schema, key);
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

const missingKeys = (schema: TObject, value: Record<string, unknown>): string[] =>
  ((schema.required ?? []) as string[]).filter((key) => !Object.hasOwn(value, key));

function wrongMap(schema: TObject, value: Record<string, unknown>, path: Path): Mismatch[] {
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(schema.properties, key));
  const meant = unknown.map((key) => meantKey(schema, key));
  // One that stands under a wrong name is told of once.
  const missing = missingKeys(schema, value).filter((key) => !meant.includes(key));
  return [
    ...unknown.map((key) => unknownKey(schema, key, path)),
    ...missing.map((key): Mismatch => {
      const message = `${titled(schema, path)}${key} is missing`;
      return { path, at: 'value', message };
    }),
    ...wrongProperties(schema, value, path),
  ];
}

/** A union of maps that are told apart by a key that one demands and no other knows. */
interface Choice {
  readonly title: string;
  readonly kinds: readonly { readonly member: TObject; readonly kind: string }[];
  /** The sentence that says what is allowed. */
  readonly rule: string;
}

function choiceOf(union: TUnion): Choice {
  const members = union.anyOf.filter((member) => Type.IsObject(member));
  const owners = (key: string) => members.filter(({ properties }) => Object.hasOwn(properties, key));
  const kinds = members.flatMap((member) =>
    (member.required as string[])
      .filter((key) => owners(key).length === 1)
      .slice(0, 1)
      .map((kind) => ({ member, kind })),
  );
  const shared = [...new Set(members.flatMap(advertised))].filter(
    (key) => owners(key).length === members.length,
  );
  const title = annotated(union).title ?? 'map';
  const has = [...shared, `one of ${kinds.map(({ kind }) => kind).join(', ')}`].join(' and ');
  return { title, kinds, rule: `${withArticle(title)} has ${has}` };
}

function wrongChoice(union: TUnion, value: Record<string, unknown>, path: Path): Mismatch[] {
  const { title, kinds, rule } = choiceOf(union);
  const say = (message: string): Mismatch => ({ path, at: 'value', message: `${title}: ${message}` });
  const sayOf = (key: string, message: string): Mismatch => ({
    path: [...path, key],
    at: 'key',
    message: `${title}: ${message}`,
  });
  const isKnown = (key: string) => kinds.some(({ member }) => Object.hasOwn(member.properties, key));
  const strangers = Object.keys(value)
    .filter((key) => !isKnown(key))
    .map((key) => sayOf(key, `'${shown(key).slice(1, -1)}' is not known here; ${rule}`));

  const [first, second] = kinds.filter(({ kind }) => Object.hasOwn(value, kind));
  if (first === undefined) {
    const any = Type.Object(Object.assign({}, ...kinds.map(({ member }) => member.properties)));
    const incomplete = strangers.length === 0 ? [say(`is incomplete; ${rule}`)] : [];
    return [...strangers, ...incomplete, ...wrongProperties(any, value, path)];
  }
  if (second !== undefined) {
    return [...strangers, sayOf(second.kind, `${first.kind} and ${second.kind} exclude each other; ${rule}`)];
  }
  const misplaced = Object.keys(value)
    .filter((key) => isKnown(key) && !Object.hasOwn(first.member.properties, key))
    .map((key) => sayOf(key, `'${key}' does not go with ${first.kind}`));
  const missing = missingKeys(first.member, value).map((key) => say(`${key} is missing`));
  return [...strangers, ...misplaced, ...missing, ...wrongProperties(first.member, value, path)];
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

/** `path` and the paths of all that contains it, each as text. */
const upwards = (path: Path): string[] =>
  Array.from({ length: path.length + 1 }, (_, depth) => JSON.stringify(path.slice(0, depth)));

/** What `found` leaves of the document that it was found in. */
export function soundIn(found: readonly Mismatch[]): IsSound {
  const wrong = new Set(found.map(({ path }) => JSON.stringify(path)));
  const holdsWrong = new Set(found.flatMap(({ path }) => upwards(path)));
  return (path) => !holdsWrong.has(JSON.stringify(path)) && !upwards(path).some((part) => wrong.has(part));
}

/** Every way in which `document` is not of `format`, by its schema and beyond it. */
export function check<Schema extends TSchema>(
  { schema, beyond }: Format<Schema>,
  document: unknown,
): readonly Mismatch[] {
  const found = mismatches(schema, document);
  const isReadable = found.every(({ path }) => path.length > 0);
  return isReadable ? [...found, ...beyond(document as Static<Schema>, soundIn(found))] : found;
}
