/** A result that is there at once, as in memory, or later. A promise for each would cost more than reading memory. */
export type Eventual<T> = T | Promise<T>;

/** By its method: Jest gives tests, which may bring a store, a Promise of their own. */
export const isPending = <T>(result: Eventual<T>): result is Promise<T> =>
  typeof (result as Partial<Promise<T>> | null | undefined)?.then === 'function';

/** Applies `next` to a result, at once if it is there. */
export const andThen = <T, R>(result: Eventual<T>, next: (value: T) => Eventual<R>): Eventual<R> =>
  isPending(result) ? result.then(next) : next(result);
