/** A header's value with its parameters, names in lower case: `form-data; name="x"`. */
interface HeaderValue {
  readonly main: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Splits `text` at each semicolon outside quotation marks. */
function splitSections(text: string): string[] {
  if (!text.includes(';')) return [text.trim()];
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '"') isQuoted = !isQuoted;
    if (text[i] !== ';' || isQuoted) continue;
    parts.push(text.slice(start, i));
    start = i + 1;
  }
  return [...parts, text.slice(start)].map((section) => section.trim());
}

const stripQuotes = (value: string) =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1).replaceAll('\\\\', '\\').replaceAll('\\"', '"')
    : value;

/** Parses a header value as the imitated framework does. */
export function parseHeaderValue(text: string): HeaderValue {
  const [main = '', ...rest] = splitSections(text);
  const parameters = new Map<string, string>();
  for (const section of rest) {
    const equals = section.indexOf('=');
    if (equals < 0) continue;
    parameters.set(
      section.slice(0, equals).trim().toLowerCase(),
      stripQuotes(section.slice(equals + 1).trim()),
    );
  }
  return { main, parameters };
}
