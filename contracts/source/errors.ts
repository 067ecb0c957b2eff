import { PATHS } from '../../src/guide/oauth.ts';
import { createFrameRequest, createPageAnswer, LIVE_TOKEN, VALIDATION } from './frontend.ts';
import { CLIENT, CREDENTIALS, createBasicHeader, createPost, GRANT } from './oauth.ts';
import {
  createPact,
  type Exchange,
  matchRegex,
  type Request,
  type Response,
  text,
  toExchange,
  toJsonBody,
} from './pact.ts';

/** What the guide leaves open: refusals and ends, as they were recorded or, where nothing was, as we chose. */

const RECORDED = 'The guide does not specify it; recorded from the software that the service seems to run on';
const CHOSEN = 'The guide does not specify it; our choice';

const createRefusal = (status: number, error: string): Response => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: toJsonBody({ error }),
  rules: { header: { 'Content-Type': matchRegex('^application/json(;.*)?$') } },
});

const UNAUTHORIZED: Response = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer, error="invalid_client"' },
  body: toJsonBody({ error: 'invalid_client' }),
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

const createOAuthCases = (path: string): Case[] => [
  {
    key: 'unknown-client',
    what: 'of an unknown client',
    states: { 'the client credentials do not exist': { client_id: 'UNKNOWN_CLIENT' } },
    request: createPost(path, {
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
    request: createPost(path, { ...GRANT, token: 'T' }, 'form', createBasicHeader(WRONG)),
    response: UNAUTHORIZED,
  },
  {
    key: 'wrong-secret.body',
    what: 'with a wrong secret in the body',
    states: CREDENTIALS,
    request: createPost(path, { ...GRANT, ...WRONG, token: 'T' }),
    response: UNAUTHORIZED,
  },
  {
    key: 'no-credentials',
    what: 'without credentials',
    request: createPost(path, { ...GRANT, token: 'T' }),
    response: UNAUTHORIZED,
  },
  {
    key: 'ip-not-allowed',
    what: 'from an address that is not in the allow-list',
    states: { ...CREDENTIALS, 'the client IP is not allowed': {} },
    request: createPost(path, { ...GRANT, ...CLIENT, token: 'T' }),
    response: { status: 403 },
    text: `Guide 6.1: the connection is blocked in production; the status 403 is our choice`,
  },
  {
    key: 'unavailable',
    what: 'while the service is down',
    states: { ...CREDENTIALS, 'the authentication API is unavailable': { status: 503, retry_after: 30 } },
    request: createPost(path, { ...GRANT, ...CLIENT, token: 'T' }),
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
    what: 'with an unsupported grant',
    states: CREDENTIALS,
    request: createPost(PATHS.token, { ...CLIENT, grant_type: 'magic' }),
    response: createRefusal(400, 'unsupported_grant_type'),
  },
  {
    key: 'no-grant',
    what: 'without a grant',
    states: CREDENTIALS,
    request: createPost(PATHS.token, CLIENT),
    response: createRefusal(400, 'unsupported_grant_type'),
  },
];

const OTHER = { client_id: 'OTHER_CLIENT', client_secret: 'OTHER_SECRET' };
const DONE: Response = { status: 200, body: text('') };

const REVOCATIONS: Case[] = [
  {
    key: 'no-token',
    what: 'without a token',
    states: CREDENTIALS,
    request: createPost(PATHS.revoke, CLIENT),
    response: createRefusal(400, 'invalid_request'),
  },
  {
    key: 'unknown-token',
    what: 'of a token that was never issued',
    states: CREDENTIALS,
    request: createPost(PATHS.revoke, { ...CLIENT, token: 'NEVER_ISSUED' }),
    response: DONE,
  },
  {
    key: 'revoked-token',
    what: 'of a revoked token',
    states: { ...CREDENTIALS, 'the access token has been revoked': { access_token: 'ACCESS_TOKEN' } },
    request: createPost(PATHS.revoke, { ...CLIENT, token: 'ACCESS_TOKEN' }),
    response: DONE,
  },
  {
    key: 'foreign-token',
    what: "of another client's token",
    states: {
      'an access token exists': { client_id: 'CLIENT_ID', access_token: 'FOREIGN_TOKEN', then: 'revoked' },
      'the client credentials exist': OTHER,
    },
    request: createPost(PATHS.revoke, { ...OTHER, token: 'FOREIGN_TOKEN' }),
    response: DONE,
  },
];

const createAgeCase = (age: number, isGood: boolean): Case => ({
  key: `token-age-${age}`,
  what: `with a token that is ${age} seconds old`,
  states: { ...CREDENTIALS, 'an access token exists': { age_seconds: age }, ...VALIDATION },
  request: createFrameRequest(),
  response: isGood ? createPageAnswer(200, 'waiting-room') : createPageAnswer(403, 'error'),
  text: 'Guide 5.2, rule 2: a token expires one hour after it was issued',
});

const createStateCase = (key: string, what: string, state: string, rule?: string): Case => ({
  key,
  what,
  states: { ...CREDENTIALS, ...VALIDATION, [state]: {} },
  request: createFrameRequest(),
  response: createPageAnswer(403, 'error'),
  ...(rule !== undefined && { text: `Guide 5.2, rule ${rule}; the status 403 is our choice` }),
});

const CALLS: Case[] = [
  createAgeCase(3500, true),
  createAgeCase(3599, true),
  createAgeCase(3600, false),
  createAgeCase(3601, false),
  createStateCase('expired-token', 'with an expired token', 'the access token has expired', '2'),
  createStateCase('revoked-token', 'with a revoked token', 'the access token has been revoked', '3'),
  createStateCase('used-token', 'with a token whose call has ended', 'the access token has been used', '1'),
  {
    key: 'unknown-token',
    what: 'with a token that was never issued',
    request: { path: '/call', query: { access_token: 'NEVER_ISSUED', validation_id: 'VALIDATION_ID' } },
    response: createPageAnswer(403, 'error'),
  },
  {
    key: 'no-token',
    what: 'without a token',
    request: { path: '/call', query: { validation_id: 'VALIDATION_ID' } },
    response: createPageAnswer(403, 'error'),
  },
  {
    key: 'no-validation-id',
    what: 'without a validation id',
    states: LIVE_TOKEN,
    request: createFrameRequest({}),
    response: createPageAnswer(200, 'error'),
  },
  {
    key: 'unknown-validation',
    what: 'of an unknown validation',
    states: { ...LIVE_TOKEN, 'no validation exists': { validation_id: 'VALIDATION_ID' } },
    request: createFrameRequest(),
    response: createPageAnswer(200, 'error'),
    text: 'Guide 5.5.2.1: an error message is displayed; the status is our choice',
  },
  {
    key: 'unconfirmed-validation',
    what: 'of a validation that is not confirmed',
    states: { ...LIVE_TOKEN, 'a validation exists': { validation_id: 'VALIDATION_ID', confirmed: false } },
    request: createFrameRequest(),
    response: createPageAnswer(200, 'waiting-room'),
    text: 'Guide 5.3: agents see a validation once it is confirmed; until then the user waits',
  },
  {
    key: 'server-not-operational',
    what: 'while the video call server is down',
    states: { ...LIVE_TOKEN, 'the video call server is not operational': {} },
    request: createFrameRequest(),
    response: createPageAnswer(200, 'error'),
    text: 'Guide 5.5.2.2: an error message is displayed; the status is our choice',
  },
  {
    key: 'agent-joined',
    what: 'reloaded after the agent has joined',
    states: { ...LIVE_TOKEN, 'the agent has joined the video call': {} },
    request: createFrameRequest(),
    response: createPageAnswer(200, 'loading'),
  },
  {
    key: 'initiated',
    what: 'reloaded during the call',
    states: { ...LIVE_TOKEN, 'the video call has been initiated': {} },
    request: createFrameRequest(),
    response: createPageAnswer(200, 'in-call'),
  },
  {
    key: 'wrong-method',
    what: 'by POST',
    request: { method: 'POST', path: '/call' },
    response: { status: 405, headers: { Allow: ['GET', 'HEAD'] } },
    text: CHOSEN,
  },
];

const createExchanges = (group: string, noun: string, usual: string, cases: readonly Case[]) =>
  cases.map(({ key, what, text: reason = usual, ...rest }) =>
    toExchange({ key: `${group}.${key}`, description: `${noun} ${what}`, text: reason, ...rest }),
  );

export const createErrorsPact = () =>
  createPact('simulator-errors', [
    ...createExchanges('token', 'a request for a token', RECORDED, [
      ...createOAuthCases(PATHS.token),
      ...GRANTS,
    ]),
    ...createExchanges('revoke', 'a request to revoke', RECORDED, [
      ...createOAuthCases(PATHS.revoke),
      ...REVOCATIONS,
    ]),
    ...createExchanges('call', 'the frame', CHOSEN, CALLS),
  ]);
