import { charset } from './charset.ts';
import { unquote } from './urlencoded.ts';

/** A header's value with its parameters, names in lower case: `form-data; name="x"`. */
export interface HeaderValue {
  readonly main: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `text` cut at each semicolon that is not between quotation marks. */
function sections(text: string): string[] {
  const cut: string[] = [];
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '"') quoted = !quoted;
    if (text[i] !== ';' || quoted) continue;
    cut.push(text.slice(start, i));
    start = i + 1;
  }
  return [...cut, text.slice(start)].map((section) => section.trim());
}

const unquoted = (value: string) =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1).replaceAll('\\\\', '\\').replaceAll('\\"', '"')
    : value;

/**
 * Reads a header's value.
 *
 * @param extended whether `name*=charset''value` (RFC 5987) is understood: in parts of a multipart body it is
 */
export function headerValue(text: string, extended = false): HeaderValue {
  const [main = '', ...rest] = sections(text);
  const parameters = new Map<string, string>();
  const encoded = new Map<string, () => string>();
  for (const section of rest) {
    const equals = section.indexOf('=');
    if (equals < 0) continue;
    const name = section.slice(0, equals).trim().toLowerCase();
    const value = unquoted(section.slice(equals + 1).trim());
    parameters.set(extended ? name.replace(/\*$/, '') : name, value);
    if (extended && name.endsWith('*')) encoded.set(name.slice(0, -1), () => extendedValue(section, value));
    else encoded.delete(name);
  }
  // Only what is asked for is decoded, and only what counts in the end.
  for (const name of ['name', 'filename']) {
    const decode = encoded.get(name);
    if (decode !== undefined) parameters.set(name, decode());
  }
  return { main, parameters };
}

function extendedValue(section: string, value: string): string {
  const [encoding = '', , text] = value.split("'");
  if (section.split("'").length !== 3 || text === undefined) return value;
  return unquote(text, charset(encoding));
}
