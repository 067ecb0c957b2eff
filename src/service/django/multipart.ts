import { decodeBase64 } from './base64.ts';
import type { Charset } from './charset.ts';
import { type HeaderValue, headerValue } from './header-value.ts';
import { MOST_BYTES, MOST_FIELDS, TooMuch } from './limits.ts';

/**
 * Multipart bodies as the imitated framework (Django 3.2) reads them. It is more lenient than RFC 7578 and
 * than the libraries: a delimiter is found anywhere, what follows the last one counts as a part, and what has
 * a `filename` is a file and no field.
 */

/** A part's headers must end within this many bytes, or the part is not looked into. */
const HEADER_WINDOW = 1024;
/** The text before the first delimiter and after the last are counted as fields, and must not be. */
const PARTS_AROUND = 2;
const MOST_FILES = 100;
/** A part without a name is neither a field nor a file for the framework, which takes any number; we do not. */
const MOST_PARTS = MOST_FIELDS + PARTS_AROUND + MOST_FILES;

/** Whether `boundary` may stand in a Content-Type. RFC 2046, 5.1.1. */
export const isBoundary = (boundary: string | undefined): boundary is string =>
  boundary !== undefined && /^[ -~]{0,200}[!-~]$/.test(boundary);

/** What stands between the delimiters, each without the line break before the next delimiter. */
function* parts(body: Buffer, boundary: string): Generator<Buffer> {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let start = 0;
  while (start < body.length) {
    const found = body.indexOf(delimiter, start);
    if (found < 0) {
      yield body.subarray(start);
      return;
    }
    let end = found;
    if (end > start && body[end - 1] === 0x0a) end -= 1;
    if (end > start && body[end - 1] === 0x0d) end -= 1;
    yield body.subarray(start, end);
    start = found + delimiter.length;
  }
}

interface Part {
  readonly headers: ReadonlyMap<string, HeaderValue>;
  readonly content: Buffer;
}

/** A part with its headers, or undefined when it has none. */
function read(part: Buffer): Part | undefined {
  const end = part.subarray(0, HEADER_WINDOW).indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const headers = new Map<string, HeaderValue>();
  for (const line of part.subarray(0, end).toString('latin1').split('\r\n')) {
    const { main, parameters } = headerValue(line, true);
    const colon = main.indexOf(':');
    if (colon >= 0)
      headers.set(main.slice(0, colon).toLowerCase(), { main: main.slice(colon + 1), parameters });
  }
  return headers.has('content-disposition') ? { headers, content: part.subarray(end + 4) } : undefined;
}

function contentOf({ headers, content }: Part): Uint8Array {
  const encoding = headers.get('content-transfer-encoding')?.main.trim().toLowerCase();
  return (encoding === 'base64' && decodeBase64(content)) || content;
}

/**
 * The fields of a multipart body, in order.
 *
 * @throws {TooMuch} more fields, files or bytes than the framework takes
 */
export function multipartFields(body: Buffer, boundary: string, charset: Charset): [string, string][] {
  const fields: [string, string][] = [];
  let all = 0;
  let counted = 0;
  let files = 0;
  let bytes = 0;
  for (const raw of parts(body, boundary)) {
    if (++all > MOST_PARTS) throw new TooMuch('parts');
    const part = read(raw);
    const disposition = part?.headers.get('content-disposition')?.parameters;
    const isFile = Boolean(disposition?.get('filename'));
    if (!isFile && ++counted > MOST_FIELDS + PARTS_AROUND) throw new TooMuch('fields');
    if (part === undefined || !disposition?.has('name')) continue;
    if (isFile) {
      if (++files > MOST_FILES) throw new TooMuch('files');
      continue;
    }
    const name = charset.lenient(Buffer.from((disposition.get('name') ?? '').trim(), 'latin1'));
    bytes += part.content.length + name.length + 2;
    if (bytes > MOST_BYTES) throw new TooMuch('bytes');
    fields.push([name, charset.lenient(contentOf(part))]);
  }
  return fields;
}
