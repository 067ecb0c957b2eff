import { isUtf8 } from 'node:buffer';

/** Text encodings by name, for requests that choose one. */

/** Decodes one encoding. With `strict` it returns undefined for invalid bytes. */
export interface Charset {
  decodeLenient(bytes: Buffer): string;
  decodeStrict(bytes: Buffer): string | undefined;
}

const decodeLatin1 = (bytes: Buffer) => bytes.toString('latin1');
export const LATIN_1: Charset = { decodeLenient: decodeLatin1, decodeStrict: decodeLatin1 };

const decodeAscii = (bytes: Buffer) => (bytes.every((byte) => byte < 128) ? decodeLatin1(bytes) : undefined);
const ASCII: Charset = {
  decodeLenient: (bytes) => decodeLatin1(bytes).replace(/[\x80-\xff]/g, '\ufffd'),
  decodeStrict: decodeAscii,
};

function createWebCharset(label: string): Charset | undefined {
  try {
    const lenient = new TextDecoder(label, { ignoreBOM: true });
    const strict = new TextDecoder(label, { ignoreBOM: true, fatal: true });
    return {
      decodeLenient: (bytes) => lenient.decode(bytes),
      decodeStrict(bytes) {
        try {
          return strict.decode(bytes);
        } catch {
          return undefined;
        }
      },
    };
  } catch {
    return undefined;
  }
}

export const UTF_8: Charset = {
  ...(createWebCharset('utf-8') as Charset),
  // Several times as fast as a TextDecoder.
  decodeStrict: (bytes) => (isUtf8(bytes) ? bytes.toString() : undefined),
};

/** On the web "latin1" and "ascii" mean windows-1252; in the imitated service they do not. */
const CHARSET_OVERRIDES: Record<string, Charset | undefined> = {
  'latin-1': LATIN_1,
  latin1: LATIN_1,
  'iso-8859-1': LATIN_1,
  ascii: ASCII,
  'us-ascii': ASCII,
  'utf-16': createWebCharset('utf-16le'),
};

const cache = new Map<string, Charset | undefined>([['utf-8', UTF_8]]);
const MAX_CACHED = 50;

/** The form of an encoding's name; other texts are not looked up, and not cached. */
const LABEL_PATTERN = /^[a-z0-9][a-z0-9.:-]{0,39}$/;

/** The encoding called `name`, or undefined when there is none. */
export function findCharset(name: string): Charset | undefined {
  if (name === 'utf-8') return UTF_8;
  const label = name.toLowerCase().replace(/[_ ]/g, '-');
  if (!LABEL_PATTERN.test(label)) return undefined;
  if (!cache.has(label)) {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(
      label,
      Object.hasOwn(CHARSET_OVERRIDES, label) ? CHARSET_OVERRIDES[label] : createWebCharset(label),
    );
  }
  return cache.get(label);
}
