/** A header's value with its parameters, names in lower case: `form-data; name="x"`. */
interface HeaderValue {
  readonly main: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `text` cut at each semicolon that is not between quotation marks. */
function sections(text: string): string[] {
  if (!text.includes(';')) return [text.trim()];
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

/** Reads a header's value as the imitated framework does. */
export function headerValue(text: string): HeaderValue {
  const [main = '', ...rest] = sections(text);
  const parameters = new Map<string, string>();
  for (const section of rest) {
    const equals = section.indexOf('=');
    if (equals < 0) continue;
    parameters.set(section.slice(0, equals).trim().toLowerCase(), unquoted(section.slice(equals + 1).trim()));
  }
  return { main, parameters };
}
