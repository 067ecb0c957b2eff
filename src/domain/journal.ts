import type { Instant } from './time.ts';

/** A request to the imitated service and its answer, without secrets. */
export interface JournalEntry {
  /** The client that it named, or that its token belongs to; empty when there is none. */
  readonly clientId: string;
  /** Virtual time of that client. */
  readonly at: Instant;
  /** Real time. */
  readonly receivedAt: Instant;
  readonly method: string;
  readonly path: string;
  readonly query: Fields;
  readonly headers: Fields;
  /** The fields of its form, if it had a readable one. */
  readonly form?: Fields;
  /** The client's IP address. */
  readonly from: string;
  /** The answer's status; undefined when the connection was reset or left hanging. */
  readonly status?: number;
  /** Why it was refused or failed: one word for programs, and a text. */
  readonly cause?: string;
  readonly reason?: string;
  /** How the client can avoid that. */
  readonly fix?: string;
  readonly validationId?: string;
  /** Its token was completed, and the client has been issued another one since, which is still unused. */
  readonly isSuperseded?: true;
  /** The fault that affected it. */
  readonly faultId?: string;
}

export type Fields = Readonly<Record<string, string>>;

/** Whether it was refused or failed. */
export const isRefused = ({ status }: { readonly status?: number | null | undefined }): boolean =>
  status === undefined || status === null || status >= 400;

/** Selects entries; what is left out matches all. */
export interface JournalFilter {
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly validationId?: string;
}

/** Whether an entry matches the filter. */
export const matchesFilter = (entry: JournalEntry, filter: JournalFilter): boolean =>
  (Object.keys(filter) as (keyof JournalFilter)[]).every(
    (key) => filter[key] === undefined || filter[key] === entry[key],
  );

const MASK = '***';
const MAX_VALUE_LENGTH = 200;
const MAX_PATH_LENGTH = 1000;
const MAX_FIELDS = 50;
/** Probable misspellings of a field's name: `clientId`, `granttype`. */
const LIKELY_FIELD_NAME = /^[A-Za-z]{1,20}(?:[_.-][A-Za-z]{1,20})*$/;

/** Field values that are not secrets. */
const VISIBLE_FIELDS = new Set([
  'encoding',
  'grant_type',
  'response_type',
  'scope',
  'token_type_hint',
  'validation_id',
]);
/** Fields of which only the name is shown. */
const MASKED_FIELDS = new Set([
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
const VISIBLE_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'access-control-request-headers',
  'access-control-request-method',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
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
const MIN_TOKEN_LENGTH = 20;
const TAIL_LENGTH = 4;

/** Enough of a token to recognise it, and too little to use it. */
export const abbreviateToken = (token: string): string =>
  token.length < MIN_TOKEN_LENGTH ? MASK : `…${token.slice(-TAIL_LENGTH)}`;

/** A substring keeps its whole text in memory, here a body with its secrets, so it is copied. */
const copyFields = (fields: Fields): Fields => JSON.parse(JSON.stringify(fields));

/** @param previous of the same client; returned when the result would be equal, because most requests are alike */
function maskEntries(
  entries: readonly (readonly [string, string])[],
  previous: Fields,
  maskValue: (name: string, value: string) => string,
  maskName = (name: string, _value: string) => name,
): Fields {
  const some = entries.length > MAX_FIELDS ? entries.slice(0, MAX_FIELDS) : entries;
  const names = Object.keys(previous);
  const isSame = ([name, value]: readonly [string, string], at: number) => {
    const known = names[at];
    if (known === undefined) return false;
    const isName = (name === known && value !== '') || maskName(name, value) === known;
    return isName && (value === previous[known] || maskValue(name, value) === previous[known]);
  };
  if (some.length === names.length && some.every(isSame)) return previous;
  return copyFields(
    Object.fromEntries(
      some.map(([name, value]) => [maskName(name, value), maskValue(name, value).slice(0, MAX_VALUE_LENGTH)]),
    ),
  );
}

/** Tokens as they are issued here. */
const TOKEN_PATTERN = /\b(?:[A-Za-z0-9]{30}|ey[\w-]+\.[\w-]+\.[\w-]+)(?![\w-])/g;
const MIN_TOKEN_MATCH_LENGTH = 30;
const maskTokens = (text: string): string =>
  text.length < MIN_TOKEN_MATCH_LENGTH ? text : text.replace(TOKEN_PATTERN, abbreviateToken);
/** A value with separators may be a whole form that was not parsed. */
const UNPARSED_FORM = /[=&;\p{Cc}]/u;

/** Whether an unknown name can be shown. It may be a misplaced secret, unless it has a value and looks like a misspelt name. */
export const isShownName = (name: string, value: string): boolean =>
  value !== '' && LIKELY_FIELD_NAME.test(name);

function maskFieldName(name: string, value: string): string {
  if (VISIBLE_FIELDS.has(name) || MASKED_FIELDS.has(name) || TOKEN_FIELDS.has(name)) return name;
  return isShownName(name, value) ? name : MASK;
}

/**
 * Fields of a query or form without their secrets.
 *
 * @param clientId shown where it occurs; an unknown id may be a misplaced secret
 */
export const maskFields = (
  fields: readonly (readonly [string, string])[],
  clientId: string,
  previous: Fields = {},
): Fields =>
  maskEntries(
    fields,
    previous,
    (name, value) => {
      if (value === '' || (name === 'client_id' && value === clientId)) return value;
      if (VISIBLE_FIELDS.has(name)) return UNPARSED_FORM.test(value) ? MASK : value;
      return TOKEN_FIELDS.has(name) ? abbreviateToken(value) : MASK;
    },
    maskFieldName,
  );

/** A path without secrets that may have slipped into it from a query or form, and short enough to be queried. */
export const maskPath = (path: string): string =>
  maskTokens(path.slice(0, MAX_PATH_LENGTH)).replace(/[&=;].*$/s, (rest) => `${rest[0]}${MASK}`);

/** A validation id, short enough to be queried. */
export const truncateId = (validationId: string): string => validationId.slice(0, MAX_PATH_LENGTH);

/** Headers without their secrets. Of credentials the scheme stays; of a referrer, its query without values. */
export const maskHeaders = (headers: readonly (readonly [string, string])[], previous: Fields = {}): Fields =>
  maskEntries(headers, previous, (name, value) => {
    if (VISIBLE_HEADERS.has(name)) return maskTokens(value);
    if (name === 'referer') return maskTokens(value.replace(/=[^&#]*|#.*$/gs, (rest) => `${rest[0]}${MASK}`));
    const scheme = name === 'authorization' ? /^(?:basic|bearer|digest)(?= )/i.exec(value)?.[0] : undefined;
    return scheme === undefined ? MASK : `${scheme} ${MASK}`;
  });
