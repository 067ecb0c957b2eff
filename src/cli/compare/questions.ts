import type { RowName } from '../../domain/answer-profile.ts';
import { ROWS } from '../../domain/early-2021.ts';
import { GRANT_TYPE, PATHS, SCOPES } from '../../guide/oauth.ts';
import { basicCredentials } from '../../system/http.ts';

/** The client of the service that asks, and a validation of it. */
export interface Account {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly validationId?: string | undefined;
}

export interface Request {
  readonly method: string;
  /** Path and query, after the address of the service. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a question may use. */
export interface Occasion {
  readonly account: Account;
  /** How the service takes credentials. */
  readonly by: 'form' | 'basic';
  /** The token that a question has got, or else another live one. */
  readonly token: (from: RowName) => string | undefined;
}

export interface Question {
  readonly row: RowName;
  /** What it asks, for people. */
  readonly title: string;
  /** What of the profile it shows, if not the row. */
  readonly shows?: 'state_member';
  /** The request; undefined when there is nothing to ask with. */
  readonly create: (occasion: Occasion) => Request | undefined;
}

type Fields = Readonly<Record<string, string>>;

const GRANT = { grant_type: GRANT_TYPE };
/** Values that mean nothing to any service. */
export const NONSENSE = 'mock-veridas-compare';
export const UNKNOWN_PATH = `/${NONSENSE}/`;
export const STATE = `${NONSENSE}-state`;

const credentials = ({ clientId, clientSecret }: Account): Fields => ({
  client_id: clientId,
  client_secret: clientSecret,
});

/** The recorded software decodes percent and plus in Basic; others do not, so only these are encoded. */
const encodeForBasic = (text: string): string => text.replace(/[%+]/g, encodeURIComponent);

export const basic = ({ clientId, clientSecret }: Account): Fields => ({
  authorization: basicCredentials(`${encodeForBasic(clientId)}:${encodeForBasic(clientSecret)}`),
});

const post = (path: string, fields: Fields, headers: Fields = {}): Request => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(fields).toString(),
});

const postJson = (path: string, members: Fields): Request => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(members),
});

const postMultipart = (path: string, fields: Fields): Request => {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${NONSENSE}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const headers = { 'content-type': `multipart/form-data; boundary=${NONSENSE}` };
  return { method: 'POST', path, headers, body: `${parts.join('')}--${NONSENSE}--\r\n` };
};

const get = (path: string, headers: Fields = {}, method = 'GET'): Request => ({
  method,
  path,
  headers,
  body: '',
});

/** A form with the credentials where the service takes them. */
const authenticated = ({ account, by }: Occasion, path: string, fields: Fields): Request =>
  by === 'form' ? post(path, { ...credentials(account), ...fields }) : post(path, fields, basic(account));

const withWrongSecret = ({ account }: Occasion): Account => ({ ...account, clientSecret: NONSENSE });

const call = (accessToken: string | undefined, validationId?: string): Request =>
  get(
    `/call?${new URLSearchParams({
      ...(accessToken !== undefined && { access_token: accessToken }),
      ...(validationId !== undefined && { validation_id: validationId }),
    })}`.replace(/\?$/, ''),
  );

/** A request with a token, if there is one. */
const withToken =
  (from: RowName, create: (token: string, occasion: Occasion) => Request): Question['create'] =>
  (occasion) => {
    const token = occasion.token(from);
    return token === undefined ? undefined : create(token, occasion);
  };

/** The request that revokes a token. */
export const revocation = (token: string, occasion: Occasion): Request =>
  authenticated(occasion, PATHS.revoke, { token });

const QUERY = new URLSearchParams(GRANT).toString();

/** How each question is asked. No secret is ever in an address. */
const ASKED: Readonly<Partial<Record<RowName, Question['create']>>> = {
  token: ({ account }) => post(PATHS.token, { ...credentials(account), ...GRANT }),
  token_basic: ({ account }) => post(PATHS.token, GRANT, basic(account)),
  token_multipart: ({ account }) => postMultipart(PATHS.token, { ...credentials(account), ...GRANT }),
  token_json: ({ account }) => postJson(PATHS.token, { ...credentials(account), ...GRANT }),
  token_query: ({ account }) => post(`${PATHS.token}?${QUERY}`, {}, basic(account)),
  token_get: ({ account }) => get(`${PATHS.token}?${QUERY}`, basic(account)),
  token_scope: (occasion) => authenticated(occasion, PATHS.token, { ...GRANT, scope: SCOPES[0] }),
  unknown_scope: (occasion) => authenticated(occasion, PATHS.token, { ...GRANT, scope: NONSENSE }),
  grant_missing: (occasion) => authenticated(occasion, PATHS.token, {}),
  grant_unknown: (occasion) => authenticated(occasion, PATHS.token, { grant_type: NONSENSE }),
  wrong_secret: (occasion) => post(PATHS.token, { ...credentials(withWrongSecret(occasion)), ...GRANT }),
  wrong_secret_basic: (occasion) => post(PATHS.token, GRANT, basic(withWrongSecret(occasion))),
  unknown_client: () =>
    post(PATHS.token, { ...credentials({ clientId: NONSENSE, clientSecret: NONSENSE }), ...GRANT }),
  no_credentials: () => post(PATHS.token, GRANT),
  missing_slash: (occasion) => authenticated(occasion, PATHS.token.slice(0, -1), GRANT),
  options: () => get(PATHS.token, {}, 'OPTIONS'),
  unknown_path: () => get(UNKNOWN_PATH),
  revoke_missing_token: (occasion) => authenticated(occasion, PATHS.revoke, {}),
  revoke_unknown: (occasion) => revocation(NONSENSE, occasion),
  revoke_query: (occasion) =>
    authenticated(occasion, `${PATHS.revoke}?token_type_hint=access_token`, { token: NONSENSE }),
  revoke_wrong_secret: withToken('token_multipart', (token, occasion) =>
    post(PATHS.revoke, { ...credentials(withWrongSecret(occasion)), token }),
  ),
  revoke_json: withToken('token_scope', (token, { account }) =>
    postJson(PATHS.revoke, { ...credentials(account), token }),
  ),
  call_missing_token: () => call(undefined, NONSENSE),
  call_unknown_token: () => call(NONSENSE, NONSENSE),
  call_no_validation: withToken('token_multipart', (token) => call(token)),
  call: withToken('token_multipart', (token, { account: { validationId } }) => call(token, validationId)),
  revoke: withToken('token', (token, { account }) => post(PATHS.revoke, { ...credentials(account), token })),
  revoke_again: withToken('token', (token, occasion) => revocation(token, occasion)),
  call_revoked_token: withToken('token', (token) => call(token, NONSENSE)),
  revoke_basic: withToken('token_basic', (token, { account }) =>
    post(PATHS.revoke, { token }, basic(account)),
  ),
};

/** These send a live token to /call. */
const OPENS_CALL: readonly RowName[] = ['call_no_validation', 'call'];

/** The questions, in order. Those that may open a call are asked only with a validation. */
export function listQuestions(hasValidation: boolean): Question[] {
  const rows = Object.entries(ASKED) as [RowName, Question['create']][];
  const questions: Question[] = rows
    .filter(([row]) => hasValidation || !OPENS_CALL.includes(row))
    .map(([row, create]) => ({ row, title: ROWS[row].situation, create }));
  const at = questions.findIndex(({ row }) => row === 'missing_slash');
  return questions.toSpliced(at, 0, {
    row: 'wrong_secret',
    title: 'a wrong secret, and a state',
    shows: 'state_member',
    create: (occasion) =>
      post(PATHS.token, { ...credentials(withWrongSecret(occasion)), ...GRANT, state: STATE }),
  });
}
