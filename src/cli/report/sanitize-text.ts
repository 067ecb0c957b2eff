import { abbreviateToken } from '../../domain/journal.ts';

/** Longer texts are cut, so that a hundred of them do not fill the report. */
const MAX_TEXT_LENGTH = 2_000;

/** Control characters, lone surrogates and direction overrides; line breaks stay. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escapeCharacter = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text that may be an access token. */
const TOKEN_LIKE = /ey[\w-]+\.[\w-]+\.[\w-]+|[A-Za-z0-9]{20,}/g;

/** Fields that hold whole tokens, which link calls and tokens. */
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
 * `value` with every text sanitized: no invisible characters, no endless texts, and none of `tokens` except in fields for
 * tokens.
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
        // In a query, the same name holds an abbreviated token already.
        walk(field, TOKEN_FIELDS.includes(name) ? none : known),
      ]),
    );
  };
  return walk(value, tokens) as T;
}
