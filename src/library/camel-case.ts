/** Converts between the control API's snake_case and JavaScript's camelCase. */

type CamelKey<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelKey<Tail>>}` : Key;

/** A body of the control API with camelCase keys. Keys that are data, such as header names, stay. */
export type Camel<T> = T extends readonly (infer Item)[]
  ? Camel<Item>[]
  : T extends object
    ? string extends keyof T
      ? T
      : { [Key in keyof T as CamelKey<Key>]: Camel<T[Key]> }
    : T;

/** Maps under these keys have keys that are data. A test compares them with the tables of the control API. */
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

/** `value`, which is JSON, with camelCase keys. */
export const toCamelCase = <T>(value: T): Camel<T> => renameKeys(value, toCamelKey) as Camel<T>;

/** `value` with the control API's snake_case keys. */
export const toSnakeCase = (value: unknown): unknown => renameKeys(value, toSnakeKey);
