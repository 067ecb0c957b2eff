import type { OAuthErrorCode } from '../guide/errors.ts';
import { GRANT_TYPE, SCOPES } from '../guide/oauth.ts';
import { type Client, isSecretOf } from './client.ts';
import { type Explanation, explainSecret, explainUnknownClient } from './explanation.ts';

/**
 * The rules of the authentication API: what is checked, and in which order. The guide shows only success; the
 * order and the oddities are those of the recorded protocol stack (django-oauth-toolkit 1.4.1 on oauthlib 3.1.0).
 */

/** Credentials of an `Authorization: Basic` header, or why there are none. `crash`: reading them broke the service. */
export type BasicCredentials =
  | 'absent'
  | 'unreadable'
  | 'crash'
  | { readonly id: string; readonly secret: string };

/** A request to an endpoint. */
export interface OAuthRequest {
  /** Parameters are allowed in the body only; `malformed` contains a percent sign without two hex digits. */
  readonly query: 'none' | 'present' | 'malformed';
  readonly basic: BasicCredentials;
  /** The last value of each name: the service accepts repetitions, although RFC 6749 forbids them. */
  readonly fields: ReadonlyMap<string, string>;
}

/** A refused request, with its explanation, which is for the journal and never sent. */
export type Refusal = Explanation &
  (
    | {
        readonly error: OAuthErrorCode;
        readonly description?: string;
        /** Echoed when the request had one. */
        readonly state?: string;
      }
    | { readonly crash: true }
    /** Not let through to the service at all. Guide 6.1. */
    | { readonly blocked: true }
  );

/** The client ids that a request names, each once, the header's first. */
export function getClaimedClients({ basic, fields }: OAuthRequest): string[] {
  const inHeader = typeof basic === 'object' ? [basic.id] : [];
  const inBody = fields.get('client_id');
  return inBody === undefined || inBody === inHeader[0] ? inHeader : [...inHeader, inBody];
}

/** One request on its way through the checks. The first client found stays, whichever credentials follow. */
interface Attempt {
  readonly request: OAuthRequest;
  readonly findClient: (clientId: string) => Client | undefined;
  client?: Client | undefined;
}

type Step = (attempt: Attempt) => Refusal | undefined;

function refuse(
  { request }: Attempt,
  error: OAuthErrorCode,
  explanation: Explanation,
  description?: string,
): Refusal {
  const state = request.fields.get('state');
  return { error, ...explanation, ...(description && { description }), ...(state && { state }) };
}

const refuseWithCrash = (reason: string, fix: string): Refusal => ({ crash: true, reason, fix });

function findFirstRefusal(steps: readonly Step[], attempt: Attempt): Refusal | undefined {
  for (const step of steps) {
    const refusal = step(attempt);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const getField = ({ request }: Attempt, name: string) => request.fields.get(name);

function loadClient(attempt: Attempt, clientId: string | undefined): Client | undefined {
  attempt.client ??= clientId === undefined ? undefined : attempt.findClient(clientId);
  return attempt.client;
}

function isAuthenticatedByHeader(attempt: Attempt): boolean {
  const { basic } = attempt.request;
  if (typeof basic !== 'object') return false;
  const client = loadClient(attempt, basic.id);
  return client?.clientId === basic.id && isSecretOf(client, basic.secret);
}

function isAuthenticatedByBody(attempt: Attempt): boolean {
  const client = loadClient(attempt, getField(attempt, 'client_id'));
  return client !== undefined && isSecretOf(client, getField(attempt, 'client_secret'));
}

function isSecretRequired(attempt: Attempt): boolean {
  if (attempt.request.basic !== 'absent') return true;
  if (getField(attempt, 'client_id') && getField(attempt, 'client_secret')) return true;
  return loadClient(attempt, getField(attempt, 'client_id'))?.type !== 'public';
}

const IN_BODY = 'leave the query out, and send the parameters in the body';

// ---- steps -----------------------------------------------------------------------------------------------

/** The query is decoded before anything else, and a decoding error is not caught. */
const queryDecodes: Step = ({ request }) =>
  request.query === 'malformed'
    ? refuseWithCrash('the query has a % that is not followed by two hex digits', IN_BODY)
    : undefined;

/** The token endpoint rejects a query in a place where the exception is not caught. */
const noQueryOrCrash: Step = ({ request }) =>
  request.query === 'present'
    ? refuseWithCrash('a query string makes the token endpoint fail with 500', IN_BODY)
    : undefined;

const noQuery: Step = (attempt) =>
  attempt.request.query === 'present'
    ? refuse(
        attempt,
        'invalid_request',
        { reason: 'the query string is not allowed', fix: IN_BODY },
        'URL query parameters are not allowed',
      )
    : undefined;

/** A parameter of this name overwrites the client that was found, with something that is not a client. */
const noClientParameter: Step = (attempt) =>
  getField(attempt, 'client')
    ? refuseWithCrash(
        'a parameter named "client" makes the service fail with 500',
        'remove it; the id is sent as client_id',
      )
    : undefined;

const headerReadable: Step = ({ request }) =>
  request.basic === 'crash'
    ? refuseWithCrash(
        'an Authorization header that cannot be decoded makes the service fail with 500',
        'send Basic and the base64 of ID:SECRET, and no other character',
      )
    : undefined;

const confidentialClient: Step = (attempt) =>
  isAuthenticatedByHeader(attempt) || isAuthenticatedByBody(attempt)
    ? undefined
    : refuse(attempt, 'invalid_client', explainInvalidClient(attempt));

function explainInvalidClient({ request, client }: Attempt): Explanation {
  const { basic, fields } = request;
  const isInHeader = typeof basic === 'object';
  if (client !== undefined) {
    const isHeaders = isInHeader && client.clientId === basic.id;
    return explainSecret(client, isHeaders ? basic.secret : fields.get('client_secret'), isHeaders);
  }
  const [id] = getClaimedClients(request);
  if (id !== undefined) return explainUnknownClient(id);
  return {
    reason: 'no client credentials, neither in the body nor as Basic',
    fix: 'send client_id and client_secret in the body, or as Basic',
  };
}

/** A public client may omit its secret. RFC 6749, 3.2.1. */
const anyClient: Step = (attempt) => (isSecretRequired(attempt) ? confidentialClient(attempt) : undefined);

const mayUse =
  (grantType: Client['grantType']): Step =>
  (attempt) =>
    attempt.client?.grantType === grantType
      ? undefined
      : refuse(attempt, 'unauthorized_client', {
          reason: `the client is registered for ${attempt.client?.grantType} only`,
          fix: `use a client whose grant_type is ${grantType}`,
        });

/** The scope of a token for which none was requested. */
export const ALL_SCOPES = SCOPES.join(' ');

const scopeKnown: Step = (attempt) =>
  getRequestedScopes(attempt).every((scope) => (SCOPES as readonly string[]).includes(scope))
    ? undefined
    : refuse(attempt, 'invalid_scope', {
        reason: 'the scope is unknown',
        fix: `send some of ${SCOPES.join(', ')}, separated by one space, or no scope`,
      });

function getRequestedScopes(attempt: Attempt): readonly string[] {
  return getField(attempt, 'scope')?.trim().split(' ') ?? SCOPES;
}

const USE_GRANT = `use grant_type=${GRANT_TYPE}, the only one in the guide`;

const present =
  (name: string, description: string): Step =>
  (attempt) =>
    getField(attempt, name) === undefined
      ? refuse(attempt, 'invalid_request', { reason: `${name} is missing`, fix: USE_GRANT }, description)
      : undefined;

const notEmpty =
  (name: string, description: string, fix = USE_GRANT): Step =>
  (attempt) =>
    getField(attempt, name)
      ? undefined
      : refuse(attempt, 'invalid_request', { reason: `${name} is missing or empty`, fix }, description);

const never =
  (reason: string, description?: string): Step =>
  (attempt) =>
    refuse(attempt, 'invalid_grant', { reason, fix: USE_GRANT }, description);

const AUTHENTICATION_STEPS: readonly Step[] = [noClientParameter, headerReadable];

/** The checks of each grant, in order. Only `client_credentials` can succeed: the service has no users. */
const GRANTS: ReadonlyMap<string | undefined, readonly Step[]> = new Map(
  Object.entries({
    [GRANT_TYPE]: [...AUTHENTICATION_STEPS, confidentialClient, mayUse('client-credentials'), scopeKnown],
    authorization_code: [
      present('code', 'Missing code parameter.'),
      ...AUTHENTICATION_STEPS,
      anyClient,
      mayUse('authorization-code'),
      never('the service issues no authorization codes; use grant_type client_credentials'),
    ],
    // Known to the grant's own check but not to the client's: that mismatch is not caught.
    openid: [
      present('code', 'Missing code parameter.'),
      ...AUTHENTICATION_STEPS,
      anyClient,
      () => refuseWithCrash('grant_type openid makes the service fail with 500', USE_GRANT),
    ],
    password: [
      ...AUTHENTICATION_STEPS,
      anyClient,
      notEmpty('username', 'Request is missing username parameter.'),
      notEmpty('password', 'Request is missing password parameter.'),
      never('the service has no users; use grant_type client_credentials', 'Invalid credentials given.'),
    ],
    refresh_token: [
      present('refresh_token', 'Missing refresh token parameter.'),
      ...AUTHENTICATION_STEPS,
      anyClient,
      never('the service issues no refresh tokens; request a new access token'),
    ],
  }),
);

const grantKnown: Step = (attempt) =>
  GRANTS.has(getField(attempt, 'grant_type'))
    ? undefined
    : refuse(attempt, 'unsupported_grant_type', explainGrantType(getField(attempt, 'grant_type')));

const explainGrantType = (given: string | undefined): Explanation => ({
  reason: given === undefined ? 'grant_type is missing' : 'grant_type must be client_credentials',
  fix: `send grant_type=${GRANT_TYPE} in a form body`,
});

const grantAllowed: Step = (attempt) =>
  findFirstRefusal(GRANTS.get(getField(attempt, 'grant_type')) ?? [], attempt);

const TOKEN_STEPS = [queryDecodes, noQueryOrCrash, grantKnown, grantAllowed];

const REVOKE_STEPS = [
  queryDecodes,
  noQuery,
  notEmpty('token', 'Missing token parameter.', 'send the access token in the field token of a form body'),
  ...AUTHENTICATION_STEPS,
  // Any authenticated client may revoke any token: its owner is not compared.
  anyClient,
];

/** The client and scope to issue a token for, or why none is issued. Guide 5.2; RFC 6749, 4.4 and 5.2. */
export function evaluateGrant(
  request: OAuthRequest,
  findClient: (clientId: string) => Client | undefined,
): { readonly client: Client; readonly scope: string } | Refusal {
  const attempt: Attempt = { request, findClient };
  const refusal = findFirstRefusal(TOKEN_STEPS, attempt);
  if (refusal !== undefined) return refusal;
  if (attempt.client === undefined) throw new Error('a grant was allowed without a client');
  return {
    client: attempt.client,
    scope: getField(attempt, 'scope') === undefined ? ALL_SCOPES : getRequestedScopes(attempt).join(' '),
  };
}

/** The token to revoke, or why none is revoked. Guide 5.2; RFC 7009, 2.1. */
export function evaluateRevocation(
  request: OAuthRequest,
  findClient: (clientId: string) => Client | undefined,
): { readonly token: string } | Refusal {
  const attempt: Attempt = { request, findClient };
  return findFirstRefusal(REVOKE_STEPS, attempt) ?? { token: request.fields.get('token') ?? '' };
}
