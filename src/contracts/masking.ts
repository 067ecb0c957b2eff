/** Keeps secrets out of the output of a verification. */

const MASK = '***';
/** Shorter secrets would match too many words. They are masked only under their name. */
const MIN_SECRET_LENGTH = 4;

const SECRET_NAME = /(?:secret|passw(?:or)?d|token|api_?key|authorization|basic_?auth|cookie|credential)s?$/i;

const isSecretName = (name: string): boolean => SECRET_NAME.test(name.replaceAll('-', '_'));

// Every repetition has a limit, so that no answer takes long.
const IN_FORM = /(?:secret|passw(?:or)?d|token|api_?key)=([^&\s"'<>]+)/gi;
const IN_MULTIPART =
  /(?:secret|passw(?:or)?d|token|api_?key)"?[^\r\n]{0,100}\r?\n(?:[^\r\n]{1,200}\r?\n){0,5}\r?\n([^\r\n]+)/gi;
const IN_HTML =
  /name=["']\w{0,50}(?:secret|passw(?:or)?d|token|api_?key)["'][^>]{0,200}?value=["']([^"']+)/gi;
/** Also in JSON that is quoted or truncated. */
const IN_JSON =
  /((?:secret|passw(?:or)?d|token|api_?key)\\{0,3}["']\s{0,20}:\s{0,20}\\{0,3}["'])([^"'\\]+)/gi;

const decodeFormValue = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};

/** The secrets in a `text` of this name; for credentials also the password alone. */
function findNamedSecrets(text: string): string[] {
  const [, scheme, value = ''] = /^(Basic|Bearer)\s+(\S+)$/i.exec(text) ?? [];
  if (scheme === undefined) return [text];
  const pair = Buffer.from(value, 'base64').toString();
  return /^basic$/i.test(scheme) ? [value, pair.slice(pair.indexOf(':') + 1)] : [value];
}

/** The secrets in a text, by the names before them: in forms, in HTML and in JSON. */
export const findSecretsInText = (text: string): string[] => [
  ...[IN_FORM, IN_MULTIPART, IN_HTML].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, value = '']) => [value, decodeFormValue(value)]),
  ),
  ...[...text.matchAll(IN_JSON)].map(([, , value = '']) => value),
];

/** Every secret in a document, by the names of its keys, and in the texts in it. */
export function findSecrets(part: unknown, name = ''): string[] {
  if (typeof part === 'string')
    return [...(isSecretName(name) ? findNamedSecrets(part) : []), ...findSecretsInText(part)];
  if (typeof part === 'number') return isSecretName(name) ? [String(part)] : [];
  if (Array.isArray(part)) return part.flatMap((one) => findSecrets(one, name));
  if (typeof part !== 'object' || part === null) return [];
  const { encoded, content } = part as { encoded?: unknown; content?: unknown };
  const hidden =
    encoded === 'base64' && typeof content === 'string'
      ? findSecretsInText(Buffer.from(content, 'base64').toString())
      : [];
  return [...hidden, ...Object.entries(part).flatMap(([key, value]) => findSecrets(value, key))];
}

/** Whether the value at `path` of a document is a secret. */
const isSecretPath = (path: string): boolean =>
  isSecretName(/([\w-]+)\W*(?:\[\d+\]|\.\d+)*\W*$/.exec(path)?.[1] ?? '');

/** Masks secrets. */
export interface Masking {
  /** `text` without the secrets in it. */
  maskText(text: string): string;
  /** The value at `path` of a document, masked as a whole if it is a secret. */
  maskAt(path: string | undefined, value: string): string;
}

/** The spellings of a secret: plain, and escaped for JSON or a form. */
const spellings = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  // A lone surrogate cannot be encoded.
  encodeURIComponent(Buffer.from(secret).toString()),
];

/** A mask for each of `secrets`. */
export function createMasking(secrets: Iterable<string>): Masking {
  const all = [
    ...new Set([...secrets].filter(({ length }) => length >= MIN_SECRET_LENGTH).flatMap(spellings)),
  ].sort((one, other) => other.length - one.length);
  const maskText = (text: string) =>
    all.reduce((left, secret) => left.replaceAll(secret, MASK), text).replace(IN_JSON, `$1${MASK}`);
  return { maskText, maskAt: (path = '', value) => (isSecretPath(path) ? MASK : maskText(value)) };
}

/** Masks nothing. */
export const NO_MASKING: Masking = { maskText: (text) => text, maskAt: (_, value) => value };
