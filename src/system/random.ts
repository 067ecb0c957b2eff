import { createHmac, randomFillSync } from 'node:crypto';

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
/** Bytes from here on would make the first letters more likely than the rest. */
const UNBIASED_LIMIT = 256 - (256 % ALPHABET.length);

/** A source of text of letters and digits. */
export interface Random {
  /** Unguessable text. */
  text(length: number): string;
  /** Unguessable hexadecimal digits. */
  hex(length: number): string;
  /** A number from 0 up to 1. */
  fraction(): number;
  /** The `n`th text of a series, the same in every run; undefined without a seed. */
  readonly nth?: (series: string, n: number, length: number) => string;
}

/** Text from `bytes`, in which every letter and digit is equally likely. */
function drawText(bytes: () => number, length: number): string {
  const letters = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; ) {
    const value = bytes();
    if (value < UNBIASED_LIMIT) letters[i++] = ALPHABET[value % ALPHABET.length] as number;
  }
  // Created in one piece: text concatenated letter by letter takes twice the memory.
  return letters.toString('latin1');
}

/** Random bytes of the system, drawn in advance because each draw is expensive. */
function createByteSource(): () => number {
  const pool = new Uint8Array(4096);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    return pool[next++] as number;
  };
}

/** Bytes derived from `seed` and `name` alone. */
function createSeededByteSource(seed: string, name: string): () => number {
  let block = 0;
  let bytes = Buffer.alloc(0);
  let next = 0;
  return () => {
    if (next === bytes.length) {
      bytes = createHmac('sha256', seed)
        .update(JSON.stringify([name, block++]))
        .digest();
      next = 0;
    }
    return bytes[next++] as number;
  };
}

/**
 * @param seed makes `nth` repeatable: a function of seed, series and n, so that parallel clients and several instances do not
 * affect each other. Secrets never derive from it.
 */
export function createRandom(seed?: string): Random {
  const bytes = createByteSource();
  const text = (length: number) => drawText(bytes, length);
  const hex = (length: number) => Array.from({ length }, () => (bytes() & 15).toString(16)).join('');
  const fraction = () => (bytes() * 256 + bytes()) / 65_536;
  if (seed === undefined) return { text, hex, fraction };
  return {
    text,
    hex,
    fraction,
    nth: (series, n, length) => drawText(createSeededByteSource(seed, JSON.stringify([series, n])), length),
  };
}
