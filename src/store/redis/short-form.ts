type Rule<T, Result = unknown> = 'stored' | ((key: string, before: T) => Result);

/**
 * How the fields of a value are stored: each at its place in this table. A field with a function is left out when it has the
 * result, which follows from the key and the fields before it. `null` stands for what is left out, so no field may be `null`.
 */
export type ShortForm<T> = null extends T[keyof T]
  ? never
  : { readonly [F in keyof T]-?: object extends Pick<T, F> ? 'stored' : Rule<T, T[F]> };

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && Object.keys(value ?? {}).length === 0;

const isEqual = (own: unknown, implied: unknown): boolean =>
  own === implied || (isEmpty(own) && isEmpty(implied));

/** Shortens and restores values. */
export interface Shortener<T> {
  /** The fields of a value, without the last ones that are left out. */
  shorten(key: string, value: T): unknown[];
  /** The value that was shortened. */
  restore(key: string, short: readonly unknown[]): T;
}

export function createShortener<T>(form: ShortForm<T>): Shortener<T> {
  const rules = Object.entries(form) as [keyof T, Rule<T>][];
  return {
    shorten(key, value) {
      const short: unknown[] = [];
      for (const [place, [field, rule]] of rules.entries()) {
        const own = value[field];
        const isLeftOut = own === undefined || (rule !== 'stored' && isEqual(own, rule(key, value)));
        if (!isLeftOut) short[place] = own;
      }
      return short;
    },

    restore(key, short) {
      const value: Partial<T> = {};
      for (const [place, [field, rule]] of rules.entries()) {
        const own = short[place] ?? (rule === 'stored' ? undefined : rule(key, value as T));
        if (own !== undefined) value[field] = own as T[keyof T];
      }
      return value as T;
    },
  };
}
