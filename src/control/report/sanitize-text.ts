import { abbreviateToken } from '../../domain/journal.ts';

/** Longer texts are cut, so that a hundred of them do not fill the report. */
const MAX_TEXT_LENGTH = 2_000;

/** Control characters, lone surrogates and direction overrides; line breaks stay. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escapeCharacter = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text that may be an access token. */
const TOKEN_LIKE = /ey[\w-]+\.[\w-]+\.[\w-]+|[A-Za-z0-9]{20,}/g;

function sanitizeString(text: string, known: ReadonlySet<string>): string {
  const open = text.replace(TOKEN_LIKE, (word) => (known.has(word) ? abbreviateToken(word) : word));
  const short =
    open.length > MAX_TEXT_LENGTH
      ? `${open.slice(0, MAX_TEXT_LENGTH)}… (${open.length.toLocaleString('en')} characters)`
      : open;
  return short.replace(INVISIBLE, escapeCharacter);
}

/** `value` with every text sanitized: no invisible characters, no endless texts, and none of `tokens`. */
export function sanitizeText<T>(value: T, tokens: ReadonlySet<string>): T {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return sanitizeString(part, tokens);
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, field]) => [sanitizeString(name, tokens), walk(field)]),
    );
  };
  return walk(value) as T;
}
