type IsOptional<T, F extends keyof T> = object extends Pick<T, F> ? true : false;

/**
 * How the fields of a value are stored: by their places in this table. A field with a function is left out when it has the
 * result, which follows from the key and the fields before. `null` stands for what is left out, so no field may be `null`.
 */
export type ShortForm<T> = null extends T[keyof T]
  ? never
  : {
      readonly [F in keyof T]-?: IsOptional<T, F> extends true
        ? 'stored'
        : 'stored' | ((key: string, value: T) => T[F]);
    };

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && Object.keys(value ?? {}).length === 0;

/** The fields of a value in the order of its form, without the last ones that are left out. */
export function shorten<T>(form: ShortForm<T>, key: string, value: T): unknown[] {
  const short: unknown[] = [];
  for (const [place, field] of (Object.keys(form) as (keyof T)[]).entries()) {
    const own = value[field];
    const rule = (form as Record<keyof T, 'stored' | ((key: string, value: T) => unknown)>)[field];
    const implied = rule === 'stored' ? undefined : rule(key, value);
    if (own !== undefined && own !== implied && !(isEmpty(own) && isEmpty(implied))) short[place] = own;
  }
  return short;
}

/** The value that was shortened. */
export function restore<T>(form: ShortForm<T>, key: string, short: readonly unknown[]): T {
  const value: Partial<T> = {};
  for (const [place, field] of (Object.keys(form) as (keyof T)[]).entries()) {
    const rule = (form as Record<keyof T, 'stored' | ((key: string, value: Partial<T>) => unknown)>)[field];
    const own = short[place] ?? (rule === 'stored' ? undefined : rule(key, value));
    if (own !== undefined) value[field] = own as T[keyof T];
  }
  return value as T;
}
