type Rule<T, Result = unknown> = 'stored' | ((key: string, before: T) => Result);

/**
 * How the fields of a value are stored: each at its place in this table. A field with a function is left out when it has the
 * result, which follows from the key and the fields before it. `null` stands for what is left out, so no field may be `null`.
 */
export type ShortForm<T> = null extends T[keyof T]
  ? never
  : { readonly [F in keyof T]-?: object extends Pick<T, F> ? 'stored' : Rule<T, T[F]> };

const listRules = <T>(form: ShortForm<T>) => (Object.entries(form) as [keyof T, Rule<T>][]).entries();

const imply = <T>(rule: Rule<T>, key: string, value: T): unknown =>
  rule === 'stored' ? undefined : rule(key, value);

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && Object.keys(value ?? {}).length === 0;

/** The fields of a value, without the last ones that are left out. */
export function shorten<T>(form: ShortForm<T>, key: string, value: T): unknown[] {
  const short: unknown[] = [];
  for (const [place, [field, rule]] of listRules(form)) {
    const own: unknown = value[field];
    const implied = imply(rule, key, value);
    if (own !== undefined && own !== implied && !(isEmpty(own) && isEmpty(implied))) short[place] = own;
  }
  return short;
}

/** The value that was shortened. */
export function restore<T>(form: ShortForm<T>, key: string, short: readonly unknown[]): T {
  const value: Partial<T> = {};
  for (const [place, [field, rule]] of listRules(form)) {
    const own = short[place] ?? imply(rule, key, value as T);
    if (own !== undefined) value[field] = own as T[keyof T];
  }
  return value as T;
}
