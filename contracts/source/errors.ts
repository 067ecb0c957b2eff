import { PATHS } from '../../src/guide/oauth.ts';
import { frame, LIVE_TOKEN, page, VALIDATION } from './frontend.ts';
import { basic, CLIENT, CREDENTIALS, GRANT, post } from './oauth.ts';
import { type Exchange, exchange, json, pact, type Request, type Response, regex, text } from './pact.ts';

/** What the guide leaves open: refusals and ends, as they were recorded or, where nothing was, as we chose. */

const RECORDED = 'The guide leaves it open; recorded from the software that the service seems to run on';
const CHOSEN = 'The guide leaves it open; our choice';

const refusal = (status: number, error: string): Response => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: json({ error }),
  rules: { header: { 'Content-Type': regex('^application/json(;.*)?$') } },
});

const UNAUTHORIZED: Response = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer, error="invalid_client"' },
  body: json({ error: 'invalid_client' }),
};

const WRONG = { ...CLIENT, client_secret: 'WRONG_SECRET' };

interface Case {
  readonly key: string;
  readonly what: string;
  readonly states?: Exchange['states'];
  readonly request: Request;
  readonly response: Response;
  readonly text?: string;
}

const ofTokens = (path: string): Case[] => [
  {
    key: 'unknown-client',
    what: 'of an unknown client',
    states: { 'the client credentials do not exist': { client_id: 'UNKNOWN_CLIENT' } },
    request: post(path, {
      ...GRANT,
      client_id: 'UNKNOWN_CLIENT',
      client_secret: 'CLIENT_SECRET',
      token: 'T',
    }),
    response: UNAUTHORIZED,
  },
  {
    key: 'wrong-secret.basic',
    what: 'with a wrong secret as Basic',
    states: CREDENTIALS,
    request: post(path, { ...GRANT, token: 'T' }, 'form', basic(WRONG)),
    response: UNAUTHORIZED,
  },
  {
    key: 'wrong-secret.body',
    what: 'with a wrong secret in the body',
    states: CREDENTIALS,
    request: post(path, { ...GRANT, ...WRONG, token: 'T' }),
    response: UNAUTHORIZED,
  },
  {
    key: 'no-credentials',
    what: 'without credentials',
    request: post(path, { ...GRANT, token: 'T' }),
    response: UNAUTHORIZED,
  },
  {
    key: 'ip-not-allowed',
    what: 'from an address that is not in the allow-list',
    states: { ...CREDENTIALS, 'the client IP is not allowed': {} },
    request: post(path, { ...GRANT, ...CLIENT, token: 'T' }),
    response: { status: 403 },
    text: `Guide 6.1: the connection is blocked in production; that this is a 403 is our choice`,
  },
  {
    key: 'unavailable',
    what: 'while the service is down',
    states: { ...CREDENTIALS, 'the authentication API is unavailable': { status: 503, retry_after: 30 } },
    request: post(path, { ...GRANT, ...CLIENT, token: 'T' }),
    response: { status: 503, headers: { 'Retry-After': '30' } },
    text: CHOSEN,
  },
  {
    key: 'wrong-method',
    what: 'by GET',
    request: { path },
    response: { status: 405, headers: { Allow: ['POST', 'OPTIONS'] } },
  },
];

const GRANTS: Case[] = [
  {
    key: 'unsupported-grant',
    what: 'with a grant that there is not',
    states: CREDENTIALS,
    request: post(PATHS.token, { ...CLIENT, grant_type: 'magic' }),
    response: refusal(400, 'unsupported_grant_type'),
  },
  {
    key: 'no-grant',
    what: 'without a grant',
    states: CREDENTIALS,
    request: post(PATHS.token, CLIENT),
    response: refusal(400, 'unsupported_grant_type'),
  },
];

const OTHER = { client_id: 'OTHER_CLIENT', client_secret: 'OTHER_SECRET' };
const DONE: Response = { status: 200, body: text('') };

const REVOCATIONS: Case[] = [
  {
    key: 'no-token',
    what: 'that names no token',
    states: CREDENTIALS,
    request: post(PATHS.revoke, CLIENT),
    response: refusal(400, 'invalid_request'),
  },
  {
    key: 'unknown-token',
    what: 'of a token that was never issued',
    states: CREDENTIALS,
    request: post(PATHS.revoke, { ...CLIENT, token: 'NEVER_ISSUED' }),
    response: DONE,
  },
  {
    key: 'revoked-token',
    what: 'of a token that is revoked already',
    states: { ...CREDENTIALS, 'the access token has been revoked': { access_token: 'ACCESS_TOKEN' } },
    request: post(PATHS.revoke, { ...CLIENT, token: 'ACCESS_TOKEN' }),
    response: DONE,
  },
  {
    key: 'foreign-token',
    what: "of another client's token",
    states: {
      'an access token exists': { client_id: 'CLIENT_ID', access_token: 'FOREIGN_TOKEN', then: 'revoked' },
      'the client credentials exist': OTHER,
    },
    request: post(PATHS.revoke, { ...OTHER, token: 'FOREIGN_TOKEN' }),
    response: DONE,
  },
];

const ofAge = (age: number, isGood: boolean): Case => ({
  key: `token-age-${age}`,
  what: `with a token that is ${age} seconds old`,
  states: { ...CREDENTIALS, 'an access token exists': { age_seconds: age }, ...VALIDATION },
  request: frame(),
  response: isGood ? page(200, 'waiting-room') : page(403, 'error'),
  text: 'Guide 5.2, rule 2: a token expires one hour after it was issued',
});

const withState = (key: string, what: string, state: string, rule?: string): Case => ({
  key,
  what,
  states: { ...CREDENTIALS, ...VALIDATION, [state]: {} },
  request: frame(),
  response: page(403, 'error'),
  ...(rule !== undefined && { text: `Guide 5.2, rule ${rule}; that the answer is a 403 is our choice` }),
});

const CALLS: Case[] = [
  ofAge(3500, true),
  ofAge(3599, true),
  ofAge(3600, false),
  ofAge(3601, false),
  withState('expired-token', 'with an expired token', 'the access token has expired', '2'),
  withState('revoked-token', 'with a revoked token', 'the access token has been revoked', '3'),
  withState('used-token', 'with a token whose call has ended', 'the access token has been used', '1'),
  {
    key: 'unknown-token',
    what: 'with a token that was never issued',
    request: { path: '/call', query: { access_token: 'NEVER_ISSUED', validation_id: 'VALIDATION_ID' } },
    response: page(403, 'error'),
  },
  {
    key: 'no-token',
    what: 'without a token',
    request: { path: '/call', query: { validation_id: 'VALIDATION_ID' } },
    response: page(403, 'error'),
  },
  {
    key: 'no-validation-id',
    what: 'without a validation id',
    states: LIVE_TOKEN,
    request: frame({}),
    response: page(200, 'error'),
  },
  {
    key: 'unknown-validation',
    what: 'of an unknown validation',
    states: { ...LIVE_TOKEN, 'no validation exists': { validation_id: 'VALIDATION_ID' } },
    request: frame(),
    response: page(200, 'error'),
    text: 'Guide 5.5.2.1: an error message is displayed; the status is our choice',
  },
  {
    key: 'unconfirmed-validation',
    what: 'of a validation that is not confirmed',
    states: { ...LIVE_TOKEN, 'a validation exists': { validation_id: 'VALIDATION_ID', confirmed: false } },
    request: frame(),
    response: page(200, 'waiting-room'),
    text: 'Guide 5.3: agents see the validation when it is confirmed; until then the user waits',
  },
  {
    key: 'server-not-operational',
    what: 'while the server of the calls is down',
    states: { ...LIVE_TOKEN, 'the video call server is not operational': {} },
    request: frame(),
    response: page(200, 'error'),
    text: 'Guide 5.5.2.2: an error message is displayed; the status is our choice',
  },
  {
    key: 'agent-joined',
    what: 'loaded again when the agent has joined',
    states: { ...LIVE_TOKEN, 'the agent has joined the video call': {} },
    request: frame(),
    response: page(200, 'loading'),
  },
  {
    key: 'initiated',
    what: 'loaded again in the middle of the call',
    states: { ...LIVE_TOKEN, 'the video call has been initiated': {} },
    request: frame(),
    response: page(200, 'in-call'),
  },
  {
    key: 'wrong-method',
    what: 'by POST',
    request: { method: 'POST', path: '/call' },
    response: { status: 405, headers: { Allow: ['GET', 'HEAD'] } },
    text: CHOSEN,
  },
];

const of = (group: string, noun: string, usual: string, cases: readonly Case[]) =>
  cases.map(({ key, what, text: reason = usual, ...rest }) =>
    exchange({ key: `${group}.${key}`, description: `${noun} ${what}`, text: reason, ...rest }),
  );

export const errors = () =>
  pact('simulator-errors', [
    ...of('token', 'a request for a token', RECORDED, [...ofTokens(PATHS.token), ...GRANTS]),
    ...of('revoke', 'a request to revoke', RECORDED, [...ofTokens(PATHS.revoke), ...REVOCATIONS]),
    ...of('call', 'the frame', CHOSEN, CALLS),
  ]);
