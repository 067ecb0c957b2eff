import type { RawAnswer } from './ask.ts';
import { createSecretMask, type Secrets, wholeWord } from './mask.ts';

/** An answer without what is secret, of this service alone, or new in each answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** It contains a token that was issued. */
  readonly isToken: boolean;
  readonly tookMs: number;
}

/** Headers of the server, of proxies and of the connection, which say nothing about the service. */
const IGNORED = [
  'age',
  'alt-svc',
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'transfer-encoding',
  'via',
];

const toZeros = (text: string): string => text.replace(/[0-9a-f]/gi, '0');

/** Values that are new in each answer, and what stands for them. */
const CHANGING: readonly (readonly [RegExp, (found: string) => string])[] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, toZeros],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, () => '1970-01-01T00:00:00Z'],
  [/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b/g, () => 'Thu, 01 Jan 1970 00:00:00 GMT'],
  [/\b(?=[a-z]*\d)(?=\d*[a-f])[0-9a-f]{16,}\b/gi, toZeros],
  // Unix times of this century, in seconds and milliseconds.
  [/\b[1-4]\d{9}(?:\d{3})?\b/g, () => '0'],
];

/** Whether an answer has values that change. */
const maskChanging = (text: string): string =>
  CHANGING.reduce((masked, [pattern, replace]) => masked.replace(pattern, replace), text);

/** The access token in an answer, if it issues one. */
export function findToken({ status, text }: RawAnswer): string | undefined {
  if (status < 200 || status > 299) return undefined;
  try {
    const token: unknown = JSON.parse(text)?.access_token;
    return typeof token === 'string' && token !== '' ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a function that replaces what names this service, or is new in each answer. */
function createPlaceholders(address: string, clientId: string) {
  const { origin, host, hostname, pathname } = new URL(address);
  return (text: string): string =>
    maskChanging(
      text
        .replaceAll(pathname === '/' ? origin : `${origin}${pathname}`, '{{origin}}')
        .replaceAll(host, '{{host}}')
        .replace(wholeWord(hostname), '{{host}}')
        .replace(wholeWord(clientId), '{{client_id}}'),
    );
}

/** The names of cookies: their values are secrets. */
const maskCookies = (value: string): string =>
  value
    .split(/, *(?=[^\s;,=]+=)/)
    .map((cookie) => cookie.replace(/=.*$/s, '=***'))
    .join(', ');

/** An answer as it is compared, shown and written. */
export function toAnswer(
  { status, headers, text, tookMs }: RawAnswer,
  address: string,
  secrets: Secrets,
): Answer {
  const { maskText, maskHeader } = createSecretMask(secrets);
  const mask = createPlaceholders(address, secrets.account.clientId);
  const { pathname } = new URL(address);
  const kept = Object.entries(headers)
    .filter(([name]) => !IGNORED.includes(name))
    .map(([name, value]): [string, string] => {
      if (name === 'set-cookie') return [name, maskCookies(mask(maskText(value)))];
      const own = name === 'location' && pathname !== '/' && value.startsWith(`${pathname}/`);
      return [name, mask(maskHeader(name, own ? value.slice(pathname.length) : value))];
    });
  return {
    status,
    headers: Object.fromEntries(kept),
    body: mask(maskText(text)),
    isToken: findToken({ status, headers, text, tookMs }) !== undefined,
    tookMs,
  };
}
