import type { ErrorCode } from '../guide/events.ts';
import { SCOPES, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../guide/oauth.ts';

/** Where the answer of a row comes from. */
type Evidence = 'guide' | 'recorded' | 'our choice';

/** An answer of the service. Header values and body may contain placeholders such as `{{access_token}}`. */
export interface ProfileAnswer {
  readonly status: number;
  /** In lower case, beside those of every answer; null leaves one of these out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Of `/call`: sent in place of the page. */
  readonly body?: string;
  /** Whether the request is granted: a token is issued or revoked. Otherwise it is refused. */
  readonly accepts?: boolean;
  /** Of `/call`: the event that the page posts, if any. */
  readonly event?: ErrorCode;
}

interface Row {
  /** When the service answers so. */
  readonly situation: string;
  readonly evidence: Evidence;
  /** The answer, or the row that has the same one. */
  readonly answer: ProfileAnswer | string;
}

const EMPTY_PAGE = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '' };
const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' };

const errorPage = (status: number, title: string, text = ''): ProfileAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `\n<!doctype html>\n<html lang="en">\n<head>\n  <title>${title}</title>\n</head>\n<body>\n  <h1>${title}</h1><p>${text}</p>\n</body>\n</html>\n`,
});

/** Errors for which the framework reads the session: it reports them to its administrators. */
const reportedPage = (status: number, title: string): ProfileAnswer => {
  const page = errorPage(status, title);
  return { ...page, headers: { ...page.headers, vary: 'Cookie' } };
};

const oauthError = (status: number, error: string, description?: string): ProfileAnswer => ({
  status,
  headers: {
    ...JSON_HEADERS,
    ...(status === 401 && { 'www-authenticate': `${TOKEN_TYPE}, error="${error}"` }),
  },
  body: `{"error": "${error}"${description === undefined ? '' : `, "error_description": "${description}"`}}`,
});

const CRASH = reportedPage(500, 'Server Error (500)');
const NO_CALL = { status: 403 } as const;

/**
 * How django-oauth-toolkit 1.4.1 on oauthlib 3.1.0 and Django 3.2 answers, as recorded. The guide shows only success, and its
 * paths, key order, scopes and lifetime are those of this software; that the service runs on it is an inference.
 */
export const ROWS = {
  token: {
    situation: 'a token, with the credentials in an urlencoded form',
    evidence: 'guide',
    answer: {
      status: 200,
      headers: JSON_HEADERS,
      body: `{"access_token": "{{access_token}}", "expires_in": {{expires_in}}, "token_type": "${TOKEN_TYPE}", "scope": "{{scope}}"}`,
      accepts: true,
    },
  },
  token_basic: { situation: 'a token, with the credentials as Basic', evidence: 'guide', answer: 'token' },
  token_multipart: { situation: 'a token, by a multipart form', evidence: 'guide', answer: 'token' },
  token_json: { situation: 'a token, by a JSON body', evidence: 'recorded', answer: 'grant_missing' },
  token_query: {
    situation: 'a token, with a query in the address',
    evidence: 'recorded',
    answer: { ...CRASH, accepts: false },
  },
  token_get: { situation: 'a token, by GET', evidence: 'recorded', answer: 'method_not_allowed' },
  token_scope: {
    situation: 'a token, with a scope of the guide named',
    evidence: 'recorded',
    answer: 'token',
  },
  unknown_scope: {
    situation: 'a token, with an unknown scope named',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_scope'),
  },
  grant_missing: {
    situation: 'grant_type is missing',
    evidence: 'recorded',
    answer: oauthError(400, 'unsupported_grant_type'),
  },
  grant_unknown: { situation: 'grant_type is unknown', evidence: 'recorded', answer: 'grant_missing' },
  grant_not_allowed: {
    situation: 'the client is not registered for this grant',
    evidence: 'recorded',
    answer: oauthError(400, 'unauthorized_client'),
  },
  missing_code: {
    situation: 'grant authorization_code without a code',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_request', 'Missing code parameter.'),
  },
  missing_refresh_token: {
    situation: 'grant refresh_token without a refresh token',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_request', 'Missing refresh token parameter.'),
  },
  missing_username: {
    situation: 'grant password without a user name',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_request', 'Request is missing username parameter.'),
  },
  missing_password: {
    situation: 'grant password without a password',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_request', 'Request is missing password parameter.'),
  },
  wrong_password: {
    situation: 'grant password with wrong credentials',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_grant', 'Invalid credentials given.'),
  },
  wrong_grant: {
    situation: 'an unknown code or refresh token',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_grant'),
  },
  wrong_secret: {
    situation: 'a wrong secret in the form',
    evidence: 'recorded',
    answer: oauthError(401, 'invalid_client'),
  },
  wrong_secret_basic: { situation: 'a wrong secret as Basic', evidence: 'recorded', answer: 'wrong_secret' },
  unknown_client: { situation: 'an unknown client', evidence: 'recorded', answer: 'wrong_secret' },
  no_credentials: { situation: 'no credentials', evidence: 'recorded', answer: 'wrong_secret' },
  crash: {
    situation: 'a query with a broken escape, a field named client, non-ASCII after Basic, grant openid',
    evidence: 'recorded',
    answer: CRASH,
  },

  revoke: {
    situation: 'revocation, with the credentials in an urlencoded form',
    evidence: 'guide',
    answer: { status: 200, ...EMPTY_PAGE, accepts: true },
  },
  revoke_basic: {
    situation: 'revocation, with the credentials as Basic',
    evidence: 'guide',
    answer: 'revoke',
  },
  revoke_again: { situation: 'revocation of a revoked token', evidence: 'recorded', answer: 'revoke' },
  revoke_unknown: { situation: 'revocation of an unknown token', evidence: 'recorded', answer: 'revoke' },
  revoke_foreign: {
    situation: 'revocation of a token of another client',
    evidence: 'recorded',
    answer: 'revoke',
  },
  revoke_json: {
    situation: 'revocation, by a JSON body',
    evidence: 'recorded',
    answer: 'revoke_missing_token',
  },
  revoke_query: {
    situation: 'revocation, with a query in the address',
    evidence: 'recorded',
    answer: {
      ...oauthError(400, 'invalid_request', 'URL query parameters are not allowed'),
      accepts: false,
    },
  },
  revoke_missing_token: {
    situation: 'revocation of no token',
    evidence: 'recorded',
    answer: oauthError(400, 'invalid_request', 'Missing token parameter.'),
  },
  revoke_wrong_secret: {
    situation: 'revocation, with a wrong secret',
    evidence: 'recorded',
    answer: 'wrong_secret',
  },

  missing_slash: {
    situation: 'a path without its trailing slash, for every method; the body is lost',
    evidence: 'recorded',
    answer: {
      status: 301,
      ...EMPTY_PAGE,
      // The framework redirects before it adds the header against framing.
      headers: { ...EMPTY_PAGE.headers, location: '{{path}}/{{query}}', 'x-frame-options': null },
      accepts: false,
    },
  },
  options: {
    situation: 'OPTIONS',
    evidence: 'recorded',
    answer: { status: 200, ...EMPTY_PAGE, headers: { ...EMPTY_PAGE.headers, allow: 'POST, OPTIONS' } },
  },
  method_not_allowed: {
    situation: 'any method but POST and OPTIONS',
    evidence: 'recorded',
    answer: { status: 405, ...EMPTY_PAGE, headers: { ...EMPTY_PAGE.headers, allow: 'POST, OPTIONS' } },
  },
  unknown_path: {
    situation: 'an unknown path',
    evidence: 'recorded',
    answer: errorPage(404, 'Not Found', 'The requested resource was not found on this server.'),
  },
  unreadable_form: {
    situation: 'a multipart form that cannot be read',
    evidence: 'recorded',
    answer: errorPage(400, 'Bad Request (400)'),
  },
  form_too_large: {
    situation: 'a form of more than 2.5 MB, 1000 fields or 100 files',
    evidence: 'recorded',
    answer: reportedPage(400, 'Bad Request (400)'),
  },

  call: { situation: '/call with a live token', evidence: 'guide', answer: { status: 200 } },
  call_no_validation: {
    situation: '/call with a live token, without a validation id',
    evidence: 'our choice',
    answer: { status: 200, event: 'VideocallNotFound' },
  },
  call_missing_token: { situation: '/call without a token', evidence: 'our choice', answer: NO_CALL },
  call_unknown_token: {
    situation: '/call with an unknown token',
    evidence: 'our choice',
    answer: 'call_missing_token',
  },
  call_revoked_token: {
    situation: '/call with a revoked token',
    evidence: 'our choice',
    answer: 'call_unknown_token',
  },
  call_expired_token: {
    situation: '/call with an expired token',
    evidence: 'our choice',
    answer: 'call_revoked_token',
  },
  call_completed_token: {
    situation: '/call with a token whose call has ended',
    evidence: 'our choice',
    answer: 'call_expired_token',
  },
  call_method: {
    situation: '/call by another method than GET',
    evidence: 'our choice',
    answer: { status: 405, ...EMPTY_PAGE, headers: { ...EMPTY_PAGE.headers, allow: 'GET, HEAD' } },
  },
} as const satisfies Record<string, Row>;

/** What is the same for all rows. */
export const COMMON = {
  headers: {
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  },
  scope: SCOPES.join(' '),
  expiresIn: TOKEN_LIFETIME_SECONDS,
  stateMember: ', "state": {{state}}',
} as const;
