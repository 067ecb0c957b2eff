/** A result that is there at once, as in memory, or later. A promise for each would cost more than reading memory. */
export type Eventual<T> = T | Promise<T>;

/** Applies `next` to a result, at once if it is there. */
export const andThen = <T, R>(result: Eventual<T>, next: (value: T) => Eventual<R>): Eventual<R> =>
  result instanceof Promise ? result.then(next) : next(result);
