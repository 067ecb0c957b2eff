import { abbreviateToken } from '../../domain/journal.ts';

/** Longer texts are cut: nobody reads them, and a hundred of them would be all that a report shows. */
const MAX_TEXT_LENGTH = 2_000;

/** Controls, halves of characters, and what turns the direction of writing. Ends of lines are left. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escapeCharacter = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What may be an access token, as those that are issued here look. */
const TOKEN_LIKE = /ey[\w-]+\.[\w-]+\.[\w-]+|[A-Za-z0-9]{20,}/g;

/** Fields that hold whole tokens, by which calls and tokens are told to belong together. */
const TOKEN_FIELDS = ['access_token', 'tokens'];

function sanitizeString(text: string, known: ReadonlySet<string>): string {
  const open = text.replace(TOKEN_LIKE, (word) => (known.has(word) ? abbreviateToken(word) : word));
  const short =
    open.length > MAX_TEXT_LENGTH
      ? `${open.slice(0, MAX_TEXT_LENGTH)}… (${open.length.toLocaleString('en')} characters)`
      : open;
  return short.replace(INVISIBLE, escapeCharacter);
}

/**
 * `value` with every text in it made fit to be read: nothing unseen, nothing endless, and none of the `tokens` but
 * where tokens belong.
 */
export function sanitizeText<T>(value: T, tokens: ReadonlySet<string>): T {
  const none: ReadonlySet<string> = new Set();
  const walk = (part: unknown, known: ReadonlySet<string>): unknown => {
    if (typeof part === 'string') return sanitizeString(part, known);
    if (Array.isArray(part)) return part.map((item) => walk(item, known));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, field]) => [
        sanitizeString(name, known),
        // In a query the same name holds a tail already.
        walk(field, TOKEN_FIELDS.includes(name) ? none : known),
      ]),
    );
  };
  return walk(value, tokens) as T;
}
