import { type Store, StoreUnavailable } from '../store/store.ts';

export { StoreUnavailable };

/** Which store is away and why, in words; undefined when all is well. */
export async function whatIsAway(store: Store): Promise<string | undefined> {
  try {
    await store.read();
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return error.message;
    throw error;
  }
}
