import type { Instant } from './time.ts';

/** A request to the imitated service, and what came of it. No secret is in it. */
export interface JournalEntry {
  /** The client that it named, or whose token it carried; empty where there is none. */
  readonly clientId: string;
  /** Virtual time of that client. */
  readonly at: Instant;
  /** Real time. */
  readonly receivedAt: Instant;
  readonly method: string;
  readonly path: string;
  readonly query: Fields;
  readonly headers: Fields;
  /** The fields of its form, where it had one that could be read. */
  readonly form?: Fields;
  /** Address from which it came. */
  readonly from: string;
  /** The answer's status; none where the connection was cut off or left hanging. */
  readonly status?: number;
  /** Why it was refused or went wrong: in one word, for programs, and in words. */
  readonly cause?: string;
  readonly reason?: string;
  readonly validationId?: string;
  /** Its token was used up, and the client has had another one since, which is not used yet. */
  readonly isSuperseded?: true;
  /** The fault that struck it. */
  readonly faultId?: string;
}

export type Fields = Readonly<Record<string, string>>;

/** Whether it was refused or went wrong. */
export const isRefused = ({ status }: { readonly status?: number | null | undefined }): boolean =>
  status === undefined || status === null || status >= 400;

/** What is asked of entries; whatever is left out matches all. */
export interface JournalFilter {
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly validationId?: string;
}

/** Whether an entry is what was asked for. */
export const matches = (entry: JournalEntry, filter: JournalFilter): boolean =>
  (Object.keys(filter) as (keyof JournalFilter)[]).every(
    (key) => filter[key] === undefined || filter[key] === entry[key],
  );

const MASK = '***';
const LONGEST_VALUE = 200;
const LONGEST_PATH = 1000;
const MOST_FIELDS = 50;
/** What somebody may have meant for the name of a field: `clientId`, `granttype`. */
const SLIP = /^[A-Za-z]{1,20}(?:[_.-][A-Za-z]{1,20})*$/;

/** What a field may hold that is no secret. */
const OPEN_FIELDS = new Set([
  'encoding',
  'grant_type',
  'response_type',
  'scope',
  'token_type_hint',
  'validation_id',
]);
/** Fields whose name alone is told. */
const CLOSED_FIELDS = new Set([
  'apikey',
  'client',
  'client_assertion',
  'client_assertion_type',
  'client_id',
  'client_secret',
  'code',
  'code_verifier',
  'id',
  'password',
  'redirect_uri',
  'refresh_token',
  'secret',
  'state',
  'username',
]);
const OPEN_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'access-control-request-headers',
  'access-control-request-method',
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'host',
  'origin',
  'pragma',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-storage-access',
  'sec-fetch-user',
  'sec-purpose',
  'transfer-encoding',
  'upgrade-insecure-requests',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

const TOKEN_FIELDS = new Set(['access_token', 'token']);
const SHORTEST_TOKEN = 20;
const TAIL = 4;

/** Enough of a token to tell it from others, and too little to use it. */
export const tailOf = (token: string): string =>
  token.length < SHORTEST_TOKEN ? MASK : `…${token.slice(-TAIL)}`;

/** Parts of a text keep all of it in memory, here a whole body with its secrets; what is written anew does not. */
const ownCopy = (fields: Fields): Fields => JSON.parse(JSON.stringify(fields));

/** @param previous of the same client; given back when the result would equal it, as most requests are alike */
function masked(
  given: readonly (readonly [string, string])[],
  previous: Fields,
  shown: (name: string, value: string) => string,
  named = (name: string, _value: string) => name,
): Fields {
  const some = given.length > MOST_FIELDS ? given.slice(0, MOST_FIELDS) : given;
  const names = Object.keys(previous);
  const isSame = ([name, value]: readonly [string, string], at: number) => {
    const known = names[at];
    if (known === undefined) return false;
    const isName = (name === known && value !== '') || named(name, value) === known;
    return isName && (value === previous[known] || shown(name, value) === previous[known]);
  };
  if (some.length === names.length && some.every(isSame)) return previous;
  return ownCopy(
    Object.fromEntries(
      some.map(([name, value]) => [named(name, value), shown(name, value).slice(0, LONGEST_VALUE)]),
    ),
  );
}

/** Tokens as they are issued here. */
const TOKENS = /\b(?:[A-Za-z0-9]{30}|ey[\w-]+\.[\w-]+\.[\w-]+)(?![\w-])/g;
const SHORTEST_OF_THEM = 30;
const withoutTokens = (text: string): string =>
  text.length < SHORTEST_OF_THEM ? text : text.replace(TOKENS, tailOf);
/** A value that holds more than its own may be a whole form that was not taken apart. */
const JUMBLE = /[=&;\p{Cc}]/u;

/** Of what nobody knows even the name may be a secret that lost its place; one with a value at least looks like a slip. */
function nameOf(name: string, value: string): string {
  if (OPEN_FIELDS.has(name) || CLOSED_FIELDS.has(name) || TOKEN_FIELDS.has(name)) return name;
  return value !== '' && SLIP.test(name) ? name : MASK;
}

/**
 * Fields of a query or form without their secrets.
 *
 * @param clientId shown where it stands: an id that is not known may be a secret in the wrong place
 */
export const maskedFields = (
  fields: readonly (readonly [string, string])[],
  clientId: string,
  previous: Fields = {},
): Fields =>
  masked(
    fields,
    previous,
    (name, value) => {
      if (value === '' || (name === 'client_id' && value === clientId)) return value;
      if (OPEN_FIELDS.has(name)) return JUMBLE.test(value) ? MASK : value;
      return TOKEN_FIELDS.has(name) ? tailOf(value) : MASK;
    },
    nameOf,
  );

/** A path without what may have slipped into it from a query or form, and no longer than can be asked for. */
export const maskedPath = (path: string): string =>
  withoutTokens(path.slice(0, LONGEST_PATH)).replace(/[&=;].*$/s, (rest) => `${rest[0]}${MASK}`);

/** A validation id as far as it can be asked for. */
export const shownId = (validationId: string): string => validationId.slice(0, LONGEST_PATH);

/** Headers without their secrets. Of credentials the scheme is left, of a referring page no values of its query. */
export const maskedHeaders = (
  headers: readonly (readonly [string, string])[],
  previous: Fields = {},
): Fields =>
  masked(headers, previous, (name, value) => {
    if (OPEN_HEADERS.has(name)) return withoutTokens(value);
    if (name === 'referer')
      return withoutTokens(value.replace(/=[^&#]*|#.*$/gs, (rest) => `${rest[0]}${MASK}`));
    const scheme = name === 'authorization' ? /^(?:basic|bearer|digest)(?= )/i.exec(value)?.[0] : undefined;
    return scheme === undefined ? MASK : `${scheme} ${MASK}`;
  });
