import { createHmac, randomFillSync } from 'node:crypto';

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
/** Bytes from here on would make the first letters more likely than the rest. */
const UNBIASED_LIMIT = 256 - (256 % ALPHABET.length);

/** A source of text of letters and digits. */
export interface Random {
  /** Unguessable text after `start`, of this length in all. */
  text(length: number, start?: string): string;
  /** Unguessable hexadecimal digits. */
  hex(length: number): string;
  /** A number from 0 up to 1. */
  fraction(): number;
  /** The `n`th text of a series, the same in every run; undefined without a seed. */
  readonly nth?: (series: string, n: number, length: number, start?: string) => string;
}

/** Where text is drawn: a buffer for each would cost as much as the text. */
let letters = Buffer.alloc(0);

/** Text from `bytes` after `start`, in which every letter and digit is equally likely. */
function drawText(bytes: () => number, length: number, start: string): string {
  if (letters.length < length) letters = Buffer.alloc(length);
  for (let i = letters.write(start, 'latin1'); i < length; ) {
    const value = bytes();
    if (value < UNBIASED_LIMIT) letters[i++] = ALPHABET[value % ALPHABET.length] as number;
  }
  // Created in one piece: concatenated text takes twice the memory.
  return letters.toString('latin1', 0, length);
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
  const text = (length: number, start = '') => drawText(bytes, length, start);
  const hex = (length: number) => Array.from({ length }, () => (bytes() & 15).toString(16)).join('');
  const fraction = () => (bytes() * 256 + bytes()) / 65_536;
  if (seed === undefined) return { text, hex, fraction };
  return {
    text,
    hex,
    fraction,
    nth: (series, n, length, start = '') =>
      drawText(createSeededByteSource(seed, JSON.stringify([series, n])), length, start),
  };
}
