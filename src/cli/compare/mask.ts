import { type Account, basic } from './questions.ts';

/** Removes secrets from what is shown and written. */

/** A shorter one may be part of any word. */
const MIN_SECRET_LENGTH = 6;
const MASK = '***';

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
export const wholeWord = (text: string) => new RegExp(`(?<![\\w-])${escapeRegExp(text)}(?![\\w-])`, 'g');

const anyCase = (hex: string): string => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '"': 'quot', '<': 'lt', '>': 'gt' };

/** A pattern of one sign: as it is, and as URLs, JSON and HTML escape it. */
function spellSign(sign: string): string {
  const bytes = Buffer.from(sign).toString('hex').match(/../g) ?? [];
  const units = Array.from({ length: sign.length }, (_, at) =>
    sign.charCodeAt(at).toString(16).padStart(4, '0'),
  );
  const code = sign.codePointAt(0) ?? 0;
  return [
    escapeRegExp(sign),
    bytes.map((byte) => `%(?:25)*${anyCase(byte)}`).join(''),
    units.map((unit) => `\\\\+u${anyCase(unit)}`).join(''),
    ...('"\\/'.includes(sign) ? [`\\\\+${escapeRegExp(sign)}`] : []),
    ...(sign === ' ' ? ['\\+'] : []),
    `&#(?:0*${code}|[xX]0*${anyCase(code.toString(16))});`,
    ...(ENTITIES[sign] === undefined ? [] : [`&${ENTITIES[sign]};`]),
  ].join('|');
}

/** A pattern of `secret` in every spelling. */
function spell(secret: string): RegExp {
  const pattern = [...secret].map((sign) => `(?:${spellSign(sign)})`).join('');
  return new RegExp(secret.length < MIN_SECRET_LENGTH ? `(?<![\\w-])${pattern}(?![\\w-])` : pattern, 'gu');
}

const TOKEN_NAME = /^(?:access|refresh|id)_?token$/i;
const SECRET_NAME = /(?:token|secret|password|assertion|jwt|session(?:_?id)?|(?:api|session|private)_?key)$/i;

/** Whether the value of `name` is a secret. Codes and sentences are none. */
const isSecret = (name: string, value: string): boolean =>
  TOKEN_NAME.test(name)
    ? /^[^\s*]+$/.test(value)
    : SECRET_NAME.test(name) && /^(?=.*(?:\d|[a-z][A-Z]))\S{8,}$/.test(value);

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Replaces the texts that are members in a JSON body. Everything else stays as it is. */
function replaceMembers(body: string, replace: (name: string, value: string) => string): string {
  if (!isJson(body)) return body;
  let name: string | undefined;
  return body.replace(
    // It also matches a text without an end, which JSON has not: otherwise each quote would be tried to the end.
    /("(?:[^"\\]|\\.)*(?:"|\\?$))(\s*:\s*)?/gs,
    (found, quoted: string, colon: string | undefined, at: number) => {
      const text: string = JSON.parse(quoted);
      if (colon !== undefined) {
        name = body[at + found.length] === '"' ? text : undefined;
        return found;
      }
      const replaced = name === undefined ? text : replace(name, text);
      name = undefined;
      return replaced === text ? found : JSON.stringify(replaced);
    },
  );
}

/** The secrets that a service adds to its answers by itself, such as refresh tokens. */
export function findOwnSecrets(body: string): string[] {
  const found: string[] = [];
  replaceMembers(body, (name, value) => {
    if (isSecret(name, value)) found.push(value);
    return value;
  });
  return found;
}

/** Whether an answer issues a refresh token. */
export function hasRefreshToken(body: string): boolean {
  let isFound = false;
  replaceMembers(body, (name, value) => {
    if (/^refresh_?token$/i.test(name) && value !== '') isFound = true;
    return value;
  });
  return isFound;
}

/** What is known to be secret in the answers of a service. */
export interface Secrets {
  readonly account: Account;
  /** The access tokens that it has issued. */
  readonly tokens: readonly string[];
  /** Others of its own. */
  readonly others: readonly string[];
}

/** Returns a function that removes secrets from a text, and one for the value of a header. */
export function createSecretMask({ account, tokens, others }: Secrets) {
  const { clientId, clientSecret } = account;
  const pairs = [
    Buffer.from(`${clientId}:${clientSecret}`).toString('base64'),
    basic(account).authorization?.replace(/^Basic /, '') ?? '',
  ];
  const replacements = new Map([
    ...others.map((one) => [one, MASK] as const),
    ...tokens.map((one) => [one, '{{access_token}}'] as const),
    ...[clientSecret, ...pairs].map((one) => [one, MASK] as const),
  ]);
  // One may be the start of another.
  const patterns = [...replacements]
    .sort(([one], [other]) => other.length - one.length)
    .map(([secret, replacement]) => [spell(secret), replacement] as const);
  const maskMember = (name: string, value: string) =>
    isSecret(name, value) ? (tokens.includes(value) ? '{{access_token}}' : MASK) : value;
  const maskText = (text: string): string => {
    // Braces of the service's own would be read as placeholders.
    let masked = replaceMembers(text.replace(/\{(?=\{)/g, '{ '), maskMember);
    for (const [pattern, replacement] of patterns) masked = masked.replace(pattern, () => replacement);
    return masked
      .replace(/\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}/g, MASK)
      .replace(/\b((?:access|refresh|id)_token(?:=|%3D))(?!\{\{)[^&#\s"'<>%]+/gi, `$1${MASK}`);
  };
  return {
    maskText,
    maskHeader: (name: string, value: string): string => {
      const masked = maskText(value);
      return isSecret(name, masked) ? MASK : masked;
    },
  };
}
