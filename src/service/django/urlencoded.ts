import { type Charset, LATIN_1, UTF_8 } from './charset.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** The value of a hexadecimal digit, or NaN. */
const parseHexDigit = (char: number | undefined): number =>
  Number.parseInt(String.fromCharCode(char ?? 0), 16);

/** Decodes the percent-escapes in `bytes`; invalid ones stay as they are. */
function unescapeBytes(bytes: Buffer, plusIsSpace: boolean): Buffer {
  const output = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    let byte = bytes[i] as number;
    if (byte === PLUS && plusIsSpace) byte = SPACE;
    if (byte === PERCENT) {
      const value = parseHexDigit(bytes[i + 1]) * 16 + parseHexDigit(bytes[i + 2]);
      if (!Number.isNaN(value)) {
        byte = value;
        i += 2;
      }
    }
    output[length++] = byte;
  }
  return output.subarray(0, length);
}

function decodeText(text: string, charset: Charset, plusIsSpace: boolean): string {
  if (!text.includes('%') && !(plusIsSpace && text.includes('+'))) return text;
  if (charset === UTF_8) return charset.decodeLenient(unescapeBytes(Buffer.from(text), plusIsSpace));
  // In other charsets only ASCII characters equal their own bytes.
  return text.replace(/[\0-\x7f]+/g, (ascii) => {
    const plain = plusIsSpace ? ascii.replaceAll('+', ' ') : ascii;
    return plain.includes('%') ? charset.decodeLenient(unescapeBytes(Buffer.from(plain), false)) : plain;
  });
}

/** Decodes the percent-escapes of `text` as bytes in `charset`; invalid ones stay as they are. */
export const unquote = (text: string, charset: Charset = UTF_8): string => decodeText(text, charset, false);

/** Like `unquote`, with `+` for a space. */
export const unquotePlus = (text: string, charset: Charset = UTF_8): string =>
  decodeText(text, charset, true);

/** Name and value of each `&`-separated pair, in order; a lone name has an empty value. */
export function parsePairs(text: string, charset?: Charset): [string, string][] {
  const all: [string, string][] = [];
  const decode = /[%+]/.test(text) ? (part: string) => unquotePlus(part, charset) : String;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    all.push([decode(name), equals < 0 ? '' : decode(pair.slice(equals + 1))]);
  }
  return all;
}

/** Decodes an urlencoded body in its charset, or byte by byte when it is invalid in that. */
export const decodeFormText = (body: Buffer, charset: Charset): string =>
  charset.decodeStrict(body) ?? LATIN_1.decodeLenient(body);
