import { GRANT_TYPE, SCOPES } from '../guide/oauth.ts';
import type { AnswerProfile, RowName } from './answer-profile.ts';
import type { Client } from './client.ts';
import { type Explanation, findSurroundings, stripSurroundings } from './explanation.ts';
import {
  type Attempt,
  anyClient,
  confidentialClient,
  findFirstRefusal,
  getField,
  headerReadable,
  isBasic,
  noClientParameter,
  type OAuthRequest,
  type Refusal,
  refuse,
  refuseWithCrash,
  type Step,
  special,
} from './oauth.ts';
import type { Token } from './token.ts';

const IN_BODY = 'leave the query out, and send the parameters in the body';

/** The query is decoded before anything else, and a decoding error is not caught. */
const queryDecodes: Step = (attempt) =>
  attempt.request.query === 'malformed'
    ? refuseWithCrash(attempt, 'crash', 'a query with a % that is not followed by two hex digits', IN_BODY)
    : undefined;

/** The token endpoint rejects a query in a place where the exception is not caught. */
const noQueryOrCrash: Step = (attempt) =>
  attempt.request.query === 'present'
    ? refuseWithCrash(attempt, 'token_query', 'a query string', IN_BODY, 'the token endpoint')
    : undefined;

const noQuery: Step = (attempt) =>
  attempt.request.query === 'present'
    ? refuse(attempt, 'revoke_query', 'invalid_request', {
        reason: 'the query string is not allowed',
        fix: IN_BODY,
      })
    : undefined;

const mayUse =
  (grantType: Client['grantType']): Step =>
  (attempt) =>
    attempt.client?.grantType === grantType
      ? undefined
      : refuse(attempt, 'grant_not_allowed', 'unauthorized_client', {
          reason: `the client is registered for ${attempt.client?.grantType} only`,
          fix: `use a client whose grant_type is ${grantType}`,
        });

const guidesScope = special('token_scope', 'invalid_scope');
const scopeKnown: Step = (attempt) => {
  if (getField(attempt, 'scope') === undefined) return undefined;
  const requested = getRequestedScopes(attempt);
  if (requested.every((scope) => (SCOPES as readonly string[]).includes(scope))) return guidesScope(attempt);
  const known = attempt.profile.scope.split(' ');
  return requested.every((scope) => known.includes(scope))
    ? undefined
    : refuse(attempt, 'unknown_scope', 'invalid_scope', {
        reason: 'the scope is unknown',
        fix: `send some of ${known.join(', ')}, separated by one space, or no scope`,
      });
};

const getRequestedScopes = (attempt: Attempt): readonly string[] =>
  getField(attempt, 'scope')?.trim().split(' ') ?? [];

const USE_GRANT = `use grant_type=${GRANT_TYPE}, the only one in the guide`;

const present =
  (name: string, row: RowName): Step =>
  (attempt) =>
    getField(attempt, name) === undefined
      ? refuse(attempt, row, 'invalid_request', { reason: `${name} is missing`, fix: USE_GRANT })
      : undefined;

const notEmpty =
  (name: string, row: RowName, fix = USE_GRANT): Step =>
  (attempt) =>
    getField(attempt, name)
      ? undefined
      : refuse(attempt, row, 'invalid_request', { reason: `${name} is missing or empty`, fix });

const never =
  (reason: string, row: RowName = 'wrong_grant'): Step =>
  (attempt) =>
    refuse(attempt, row, 'invalid_grant', { reason, fix: USE_GRANT });

const AUTHENTICATION_STEPS: readonly Step[] = [noClientParameter, headerReadable];

const basic = special('token_basic', 'invalid_client');
const basicGranted: Step = (attempt) => (isBasic(attempt) ? basic(attempt) : undefined);

/** The checks of each grant, in order. Only `client_credentials` can succeed: the service has no users. */
const GRANTS: ReadonlyMap<string | undefined, readonly Step[]> = new Map(
  Object.entries({
    [GRANT_TYPE]: [
      ...AUTHENTICATION_STEPS,
      basicGranted,
      confidentialClient,
      mayUse('client-credentials'),
      scopeKnown,
    ],
    authorization_code: [
      present('code', 'missing_code'),
      ...AUTHENTICATION_STEPS,
      anyClient,
      mayUse('authorization-code'),
      never('the service issues no authorization codes; use grant_type client_credentials'),
    ],
    // Known to the grant's own check but not to the client's: that mismatch is not caught.
    openid: [
      present('code', 'missing_code'),
      ...AUTHENTICATION_STEPS,
      anyClient,
      (attempt) => refuseWithCrash(attempt, 'crash', 'grant_type openid', USE_GRANT),
    ],
    password: [
      ...AUTHENTICATION_STEPS,
      anyClient,
      notEmpty('username', 'missing_username'),
      notEmpty('password', 'missing_password'),
      never('the service has no users; use grant_type client_credentials', 'wrong_password'),
    ],
    refresh_token: [
      present('refresh_token', 'missing_refresh_token'),
      ...AUTHENTICATION_STEPS,
      anyClient,
      never('the service issues no refresh tokens; request a new access token'),
    ],
  }),
);

const grantKnown: Step = (attempt) => {
  const grant = getField(attempt, 'grant_type');
  if (GRANTS.has(grant)) return undefined;
  const row = grant === undefined ? 'grant_missing' : 'grant_unknown';
  return refuse(attempt, row, 'unsupported_grant_type', explainGrantType(grant));
};

function explainGrantType(given: string | undefined): Explanation {
  const surroundings = given === undefined ? undefined : findSurroundings(given);
  if (given !== undefined && surroundings !== undefined && stripSurroundings(given) === GRANT_TYPE)
    return { reason: `grant_type has ${surroundings.what}`, fix: surroundings.fix };
  return {
    reason: given === undefined ? 'grant_type is missing' : 'grant_type must be client_credentials',
    fix: `send grant_type=${GRANT_TYPE} in a form body`,
  };
}

const grantAllowed: Step = (attempt) => {
  // An unknown grant comes this far when the profile takes it for the usual one.
  const steps = GRANTS.get(getField(attempt, 'grant_type')) ?? GRANTS.get(GRANT_TYPE);
  return findFirstRefusal(steps ?? [], attempt);
};

const multipart = special('token_multipart');
const tokenFormRead: Step = (attempt) => {
  const { by } = attempt.request;
  if (by === 'json')
    return refuse(attempt, 'token_json', 'unsupported_grant_type', explainGrantType(undefined));
  return by === 'multipart' ? multipart(attempt) : undefined;
};

const SEND_TOKEN = 'send the access token in the field token of a form body';

const revocationJsonRead: Step = (attempt) =>
  attempt.request.by === 'json'
    ? refuse(attempt, 'revoke_json', 'invalid_request', {
        reason: 'token is missing or empty',
        fix: SEND_TOKEN,
      })
    : undefined;

/** What is not special at all may be refused as well. */
const usual = special('token');
const nothingSpecial: Step = (attempt) => (attempt.row === undefined ? usual(attempt) : undefined);

const TOKEN_STEPS = [queryDecodes, noQueryOrCrash, tokenFormRead, grantKnown, grantAllowed, nothingSpecial];

const REVOKE_STEPS = [
  queryDecodes,
  noQuery,
  revocationJsonRead,
  notEmpty('token', 'revoke_missing_token', SEND_TOKEN),
  ...AUTHENTICATION_STEPS,
  // Any authenticated client may revoke any token: its owner is not compared.
  anyClient,
];

/** Finds a client by its id. */
type FindClient = (clientId: string) => Client | undefined;

/** The client and scope to issue a token for, or why none is issued. Guide 5.2; RFC 6749, 4.4 and 5.2. */
export function evaluateGrant(
  request: OAuthRequest,
  findClient: FindClient,
  profile: AnswerProfile,
): { readonly client: Client; readonly scope: string; readonly grantedRow: RowName } | Refusal {
  const attempt: Attempt = { request, findClient, profile, row: request.row };
  const refusal = findFirstRefusal(TOKEN_STEPS, attempt);
  if (refusal !== undefined) return refusal;
  if (attempt.client === undefined) throw new Error('a grant was allowed without a client');
  return {
    client: attempt.client,
    scope: getField(attempt, 'scope') === undefined ? profile.scope : getRequestedScopes(attempt).join(' '),
    grantedRow: attempt.row ?? 'token',
  };
}

/** The token to revoke and who asks for that, or why none is revoked. Guide 5.2; RFC 7009, 2.1. */
export function evaluateRevocation(
  request: OAuthRequest,
  findClient: FindClient,
  profile: AnswerProfile,
): { readonly token: string; readonly by: Client | undefined; readonly row: RowName | undefined } | Refusal {
  const attempt: Attempt = { request, findClient, profile, isRevocation: true, row: request.row };
  const refusal = findFirstRefusal(REVOKE_STEPS, attempt);
  return refusal ?? { token: request.fields.get('token') ?? '', by: attempt.client, row: attempt.row };
}

/** Which row a revocation is that {@link evaluateRevocation} has not refused. */
export function findRevocationRow(
  { basic }: OAuthRequest,
  { by, row }: { readonly by: Client | undefined; readonly row: RowName | undefined },
  token: Token | undefined,
): RowName {
  if (row !== undefined) return row;
  if (token === undefined) return 'revoke_unknown';
  if (token.revokedAt !== undefined) return 'revoke_again';
  if (token.clientId !== by?.clientId) return 'revoke_foreign';
  return typeof basic === 'object' ? 'revoke_basic' : 'revoke';
}
