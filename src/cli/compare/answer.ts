import type { RawAnswer } from './ask.ts';
import type { Account } from './questions.ts';

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

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const wholeWord = (text: string) => new RegExp(`(?<![\\w-])${escapeRegExp(text)}(?![\\w-])`, 'g');

/** A shorter one may be part of any word. */
const MIN_SECRET_LENGTH = 6;

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

/** Returns a function that removes from a text what must not be shown, and what names this service. */
function createMask(address: string, { clientId, clientSecret }: Account, tokens: readonly string[]) {
  const { origin, host, hostname, pathname } = new URL(address);
  const pair = `${clientId}:${clientSecret}`;
  const secrets = [clientSecret, Buffer.from(pair).toString('base64')];
  const spellings = secrets.flatMap((one) => [
    one,
    encodeURIComponent(one),
    JSON.stringify(one).slice(1, -1),
  ]);
  return (text: string): string => {
    // Braces of the service's own would be read as placeholders.
    let masked = text.replaceAll('{{', '{ {');
    for (const secret of new Set(spellings))
      masked = masked.replaceAll(secret.length < MIN_SECRET_LENGTH ? wholeWord(secret) : secret, '***');
    for (const token of tokens) masked = masked.replaceAll(token, '{{access_token}}');
    masked = masked.replaceAll(pathname === '/' ? origin : `${origin}${pathname}`, '{{origin}}');
    masked = masked.replaceAll(host, '{{host}}').replace(wholeWord(hostname), '{{host}}');
    return maskChanging(masked.replace(wholeWord(clientId), '{{client_id}}'));
  };
}

/** The values of cookies are secrets. */
const maskCookies = (value: string): string => value.replace(/=[^;,]*/, '=***').replace(/;.*$/, '');

/** An answer as it is compared, shown and written. */
export function toAnswer(
  { status, headers, text, tookMs }: RawAnswer,
  address: string,
  account: Account,
  tokens: readonly string[],
): Answer {
  const mask = createMask(address, account, tokens);
  const { pathname } = new URL(address);
  const kept = Object.entries(headers)
    .filter(([name]) => !IGNORED.includes(name))
    .map(([name, value]): [string, string] => {
      if (name === 'set-cookie') return [name, maskCookies(mask(value))];
      const own = name === 'location' && pathname !== '/' && value.startsWith(`${pathname}/`);
      return [name, mask(own ? value.slice(pathname.length) : value)];
    });
  return {
    status,
    headers: Object.fromEntries(kept),
    body: mask(text),
    isToken: findToken({ status, headers, text, tookMs }) !== undefined,
    tookMs,
  };
}
