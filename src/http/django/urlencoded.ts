import { type Charset, LATIN_1, UTF_8 } from './charset.ts';

/** Percent-escapes of `text` as bytes in `charset`; what is no escape stays as it is. */
export function unquote(text: string, charset: Charset = UTF_8): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
    charset.lenient(Buffer.from(escapes.replaceAll('%', ''), 'hex')),
  );
}

/** Like `unquote`, with `+` for a space. */
export const unquotePlus = (text: string, charset?: Charset): string =>
  unquote(text.replaceAll('+', ' '), charset);

/** Name and value of each `&`-separated pair, in order; a name alone has an empty value. */
export function pairs(text: string, charset?: Charset): [string, string][] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      return [unquotePlus(name, charset), equals < 0 ? '' : unquotePlus(pair.slice(equals + 1), charset)];
    });
}

/** The text of an urlencoded body: in its charset, or byte for byte where it is not text in that. */
export const formText = (body: Uint8Array, charset: Charset): string =>
  charset.strict(body) ?? LATIN_1.lenient(body);
