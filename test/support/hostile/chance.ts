/** Chance that follows from a seed, so that what was found is found again. */
export interface SeededRandom {
  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number;
  pick<T>(of: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** Chance from `seed`: mulberry32, of which one number in 32 bits is all that it must remember. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick: (of) => of[below(of.length)] as never,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
