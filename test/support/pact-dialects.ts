import { OCCASIONS } from '../../contracts/source/frontend.ts';
import { EVENTS, type EventCode } from '../../src/guide/events.ts';
import { PATHS } from '../../src/guide/oauth.ts';

/** The guide's eight calls and five events, as the libraries of seven languages write them into their pacts. */

const CLIENT = { client_id: 'CLIENT_ID', client_secret: 'CLIENT_SECRET' };
const BASIC = `Basic ${Buffer.from(Object.values(CLIENT).join(':')).toString('base64')}`;
const BOUNDARY = 'fmv7rqcZKqDKB5aXRKGO';
const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
const ANY_JSON = 'application/json(;.*)?';

/** How a library writes its pacts. */
interface Dialect {
  readonly version: 2 | 3 | 4;
  /** The metadata that the library adds. */
  readonly metadata: object;
  readonly isMethodLower?: true;
  /** How it names the metadata of an event of version 3. */
  readonly metadataKey: 'metaData' | 'metadata';
  readonly contentTypeKey: string;
  /** Fields of every interaction of version 4. */
  readonly notes?: object;
  /** Empty rules that the library writes. */
  readonly emptyRules?: unknown;
}

const RUST = { pactRust: { ffi: '0.4.22', models: '1.2.3' } };

export const DIALECTS: Readonly<Record<string, Dialect>> = {
  'pact-jvm': {
    version: 3,
    metadata: { 'pact-jvm': { version: '4.6.17' } },
    metadataKey: 'metaData',
    contentTypeKey: 'contentType',
  },
  'pact-jvm of version 4': {
    version: 4,
    metadata: { 'pact-jvm': { version: '4.6.17' } },
    metadataKey: 'metadata',
    contentTypeKey: 'contentType',
    notes: { comments: { testname: 'GuideTest.calls()', text: [] }, key: 'a1b2c3', pending: false },
  },
  'pact-net': {
    version: 4,
    metadata: RUST,
    metadataKey: 'metadata',
    contentTypeKey: 'contentType',
    notes: { pending: false },
  },
  'pact-go': {
    version: 4,
    metadata: { ...RUST, 'pact-go': { version: '2.4.1' } },
    metadataKey: 'metadata',
    contentTypeKey: 'Content-Type',
    notes: { pending: false, transport: 'http' },
  },
  'pact-go 1': {
    version: 3,
    metadata: {},
    metadataKey: 'metadata',
    contentTypeKey: 'Content-Type',
    emptyRules: {},
  },
  'pact-python 1': {
    version: 2,
    metadata: {},
    isMethodLower: true,
    metadataKey: 'metaData',
    contentTypeKey: 'Content-Type',
  },
  'pact-python 2': {
    version: 4,
    metadata: { ...RUST, pactPython: { version: '2.3.1' } },
    metadataKey: 'metadata',
    contentTypeKey: 'Content-Type',
    notes: { pending: false, comments: { text: [] } },
  },
  'pact-php': {
    version: 3,
    metadata: RUST,
    metadataKey: 'metadata',
    contentTypeKey: 'contentType',
    emptyRules: [],
  },
  'pact-ruby': {
    version: 2,
    metadata: {},
    isMethodLower: true,
    metadataKey: 'metaData',
    contentTypeKey: 'contentType',
  },
};

type Fields = Readonly<Record<string, string>>;

const formatPart = ([name, value]: [string, string]) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const formatMultipart = (fields: Fields) =>
  `${Object.entries(fields).map(formatPart).join('')}--${BOUNDARY}--\r\n`;

/** The states in the form of the version; version 2 has one name without parameters. */
function formatStates({ version }: Dialect, states: Readonly<Record<string, object>>): object {
  const names = Object.keys(states);
  if (version === 2) return { providerState: names.at(-1) };
  return {
    providerStates: Object.entries(states).map(([name, params]) =>
      Object.keys(params).length > 0 ? { name, params } : { name },
    ),
  };
}

type Rules = Readonly<Record<string, { readonly match: string; readonly regex?: string }>>;

/** Matching rules by part and place. */
function formatRules(
  { version, emptyRules }: Dialect,
  parts: Readonly<Record<string, Rules | undefined>>,
): object {
  const given = Object.entries(parts).filter(([, rules]) => rules !== undefined);
  if (given.length === 0) return emptyRules === undefined ? {} : { matchingRules: emptyRules };
  if (version > 2) {
    const toLists = (rules: Rules = {}) =>
      Object.fromEntries(
        Object.entries(rules).map(([at, rule]) => [at, { combine: 'AND', matchers: [rule] }]),
      );
    return { matchingRules: Object.fromEntries(given.map(([part, rules]) => [part, toLists(rules)])) };
  }
  const toPath = (part: string, at: string) => (part === 'body' ? `$.body${at.slice(1)}` : `$.headers.${at}`);
  return {
    matchingRules: Object.fromEntries(
      given.flatMap(([part, rules = {}]) =>
        Object.entries(rules).map(([at, rule]) => [toPath(part, at), rule]),
      ),
    ),
  };
}

const formatHeaders = ({ version }: Dialect, headers: Fields) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, version === 4 ? [value] : value]));

const formatBody = ({ version }: Dialect, content: unknown, contentType: string): unknown => {
  if (version < 4) return content;
  const isMultipart = contentType.startsWith('multipart/');
  return isMultipart
    ? { content: Buffer.from(String(content)).toString('base64'), contentType, encoded: 'base64' }
    : { content, contentType, encoded: false };
};

/** One of the guide's calls, with its answer. */
function createCall(dialect: Dialect, kind: 'token' | 'revoke', isMultipart: boolean, isBasic: boolean) {
  const own = kind === 'token' ? { grant_type: 'client_credentials' } : { token: 'ACCESS_TOKEN_TO_REVOKE' };
  const fields = { ...own, ...(isBasic ? {} : CLIENT) };
  const contentType = isMultipart ? MULTIPART : FORM;
  const content = isMultipart ? formatMultipart(fields) : String(new URLSearchParams(fields));
  const states = {
    'the client credentials exist': CLIENT,
    ...(kind === 'revoke' &&
      dialect.version > 2 && { 'an access token exists': { access_token: 'ACCESS_TOKEN_TO_REVOKE' } }),
  };
  const body = { access_token: 'ExcCCWbmlPOJZWl2z', expires_in: 3600, token_type: 'Bearer', scope: 'read' };
  const answer =
    kind === 'revoke'
      ? {}
      : {
          headers: formatHeaders(dialect, { 'Content-Type': 'application/json' }),
          body: formatBody(dialect, body, 'application/json'),
          ...formatRules(dialect, {
            body: { '$.access_token': { match: 'type' }, '$.scope': { match: 'type' } },
            header: { 'Content-Type': { match: 'regex', regex: ANY_JSON } },
          }),
        };
  return {
    ...(dialect.version === 4 && { type: 'Synchronous/HTTP', ...dialect.notes }),
    description: `${kind} as ${isMultipart ? 'multipart' : 'form'} with ${isBasic ? 'Basic' : 'fields'}`,
    ...formatStates(dialect, states),
    request: {
      method: dialect.isMethodLower ? 'post' : 'POST',
      path: PATHS[kind],
      headers: formatHeaders(dialect, {
        'Content-Type': contentType,
        ...(isBasic && { Authorization: BASIC }),
      }),
      body: formatBody(dialect, content, contentType),
      ...formatRules(dialect, {
        header: isMultipart
          ? { 'Content-Type': { match: 'regex', regex: 'multipart/form-data;.*boundary=.*' } }
          : undefined,
      }),
    },
    response: { status: 200, ...answer },
  };
}

/** One of the guide's events. Version 2 has none: its libraries write them in version 3. */
function createEvent(dialect: Dialect, code: EventCode) {
  const isV4 = dialect.version === 4;
  const asV3 = isV4 ? dialect : { ...dialect, version: 3 as const };
  const metadata = { [dialect.contentTypeKey]: 'application/json' };
  return {
    ...(isV4 && { type: 'Asynchronous/Messages', ...dialect.notes, transport: 'message' }),
    description: `the event ${code}`,
    ...formatStates(asV3, OCCASIONS[code].states),
    contents: formatBody(dialect, EVENTS[code], 'application/json'),
    ...formatRules(asV3, { body: { '$.message': { match: 'type' } } }),
    [isV4 ? 'metadata' : dialect.metadataKey]: metadata,
  };
}

const VERSIONS = { 2: '2.0.0', 3: '3.0.0', 4: '4.0' };

/** The pacts that a library writes for the guide's calls and events. */
export function createPacts(dialect: Dialect): object[] {
  const calls = (['token', 'revoke'] as const).flatMap((kind) =>
    [false, true].flatMap((isMultipart) =>
      [false, true].map((isBasic) => createCall(dialect, kind, isMultipart, isBasic)),
    ),
  );
  const events = (Object.keys(EVENTS) as EventCode[]).map((code) => createEvent(dialect, code));
  const createPact = (version: keyof typeof VERSIONS, list: object) => ({
    consumer: { name: 'guide' },
    provider: { name: 'videocall-manager' },
    ...list,
    metadata: { ...dialect.metadata, pactSpecification: { version: VERSIONS[version] } },
  });
  return dialect.version === 4
    ? [createPact(4, { interactions: [...calls, ...events] })]
    : [createPact(dialect.version, { interactions: calls }), createPact(3, { messages: events })];
}
