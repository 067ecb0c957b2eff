/** The control API writes snake_case, and JavaScript camelCase: what the one says becomes the other, and back. */

type CamelKey<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelKey<Tail>>}` : Key;

/** What the control API says, with its keys in camelCase. Keys that are data, such as names of headers, stay. */
export type Camel<T> = T extends readonly (infer Item)[]
  ? Camel<Item>[]
  : T extends object
    ? string extends keyof T
      ? T
      : { [Key in keyof T as CamelKey<Key>]: Camel<T[Key]> }
    : T;

/** Under these keys stand maps whose own keys are data. A test holds them against the tables of the control API. */
export const DATA_MAP_KEYS: ReadonlySet<string> = new Set(['query', 'headers', 'form']);

function renameKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      rename(key),
      DATA_MAP_KEYS.has(key) ? inner : renameKeys(inner, rename),
    ]),
  );
}

const toCamelKey = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const toSnakeKey = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `value`, which is JSON, as JavaScript would write it. */
export const toCamelCase = <T>(value: T): Camel<T> => renameKeys(value, toCamelKey) as Camel<T>;

/** `value` as the control API reads it. */
export const toSnakeCase = (value: unknown): unknown => renameKeys(value, toSnakeKey);
