/** Keeps secrets out of the output of a verification. */

const MASK = '***';
/** Shorter secrets would match too many words. */
const MIN_SECRET_LENGTH = 6;

const SECRET_NAME =
  /^(?:client_?secret|secret|password|api_?key|access_?token|refresh_?token|token|authorization|basic_?auth)$/i;
const IN_FORM = /(?:client_secret|password|access_token|refresh_token|token)=([^&\s"]+)/g;
const IN_MULTIPART =
  /name="(?:client_secret|password|access_token|token)"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]*)/g;
const IN_JSON = /("(?:client_secret|password|access_token|refresh_token|token)"\s*:\s*")[^"]+/g;

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

const findFormSecrets = (text: string): string[] =>
  [IN_FORM, IN_MULTIPART].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, value = '']) => [value, decodeFormValue(value)]),
  );

/** Every secret in a document, by the names of its keys, and in the forms in it. */
export function findSecrets(part: unknown, name = ''): string[] {
  if (typeof part === 'string')
    return [...(SECRET_NAME.test(name) ? findNamedSecrets(part) : []), ...findFormSecrets(part)];
  if (Array.isArray(part)) return part.flatMap((one) => findSecrets(one, name));
  if (typeof part !== 'object' || part === null) return [];
  const { encoded, content } = part as { encoded?: unknown; content?: unknown };
  const hidden =
    encoded === 'base64' && typeof content === 'string'
      ? findFormSecrets(Buffer.from(content, 'base64').toString())
      : [];
  return [...hidden, ...Object.entries(part).flatMap(([key, value]) => findSecrets(value, key))];
}

/** Whether the value at `path` of a document is a secret. */
const isSecretPath = (path: string): boolean =>
  SECRET_NAME.test(/([A-Za-z_]+)[^A-Za-z_]*$/.exec(path)?.[1] ?? '');

/** Masks secrets. */
export interface Masking {
  /** `text` without the secrets in it. */
  maskText(text: string): string;
  /** The value at `path` of a document, masked as a whole if it is a secret. */
  maskAt(path: string | undefined, value: string): string;
}

/** A mask for each of `secrets`. */
export function createMasking(secrets: Iterable<string>): Masking {
  const all = [...new Set(secrets)]
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.length - one.length);
  const maskText = (text: string) =>
    all.reduce((left, secret) => left.replaceAll(secret, MASK), text).replace(IN_JSON, `$1${MASK}`);
  return { maskText, maskAt: (path = '', value) => (isSecretPath(path) ? MASK : maskText(value)) };
}

/** Masks nothing. */
export const NO_MASKING: Masking = { maskText: (text) => text, maskAt: (_, value) => value };
