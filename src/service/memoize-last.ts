/**
 * As `make`, which is not asked again when nothing of what it is made of has changed since the last time: requests come in
 * rows that are alike but for few things. What is made is given out more than once, so nobody may change it.
 *
 * @param partsOf what it is made of, compared by `===`
 */
export function lastMade<T, R>(
  partsOf: (asked: T) => readonly unknown[],
  make: (asked: T) => R,
): (asked: T) => R {
  let last: { readonly parts: readonly unknown[]; readonly made: R } | undefined;
  return (asked) => {
    const parts = partsOf(asked);
    if (last === undefined || !areSame(last.parts, parts)) last = { parts, made: make(asked) };
    return last.made;
  };
}

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false;
  for (let place = 0; place < some.length; place += 1) if (some[place] !== others[place]) return false;
  return true;
}
