import { CALL_STATES } from '../../src/domain/call.ts';
import { OAUTH_ERRORS } from '../../src/guide/errors.ts';
import { GRANT_TYPE, PATHS, SCOPES, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../../src/guide/oauth.ts';

/** The imitated service in OpenAPI: what the guide documents, and the refusals that were recorded. */

const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data'];

const createTextSchema = (description: string) => ({ type: 'string', description });
const CREDENTIALS = {
  client_id: createTextSchema('the client_id, unless it is sent as Basic'),
  client_secret: createTextSchema('the client_secret, unless it is sent as Basic'),
};

const createForm = (own: Readonly<Record<string, unknown>>) => ({
  required: true,
  content: Object.fromEntries(
    FORM_TYPES.map((type) => [
      type,
      {
        schema: {
          type: 'object',
          required: Object.keys(own),
          properties: { ...own, ...CREDENTIALS },
        },
      },
    ]),
  ),
});

const listErrors = (status: number) =>
  Object.entries(OAUTH_ERRORS)
    .filter(([, one]) => one === status)
    .map(([error]) => error);

const createRefusal = (status: number, description: string) => ({
  description,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error'],
        properties: {
          error: { type: 'string', enum: listErrors(status) },
          error_description: { type: 'string' },
          state: { type: 'string' },
        },
      },
    },
  },
});

const REFUSALS = {
  400: createRefusal(400, 'Recorded: the request is invalid'),
  401: {
    ...createRefusal(401, 'Recorded: the client is unknown or its secret is wrong'),
    headers: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  },
  403: {
    description: 'Guide 6.1: in production the sender is not in the allow-list; the status is our choice',
  },
  405: {
    description: 'Recorded: only POST and OPTIONS are allowed',
    headers: { Allow: { schema: { type: 'string' } } },
  },
  503: {
    description: 'The service is down',
    headers: { 'Retry-After': { schema: { type: 'integer' } } },
  },
};

const TOKEN = {
  type: 'object',
  required: ['access_token', 'expires_in', 'token_type', 'scope'],
  properties: {
    access_token: createTextSchema('for one user and one call'),
    expires_in: { type: 'integer', const: TOKEN_LIFETIME_SECONDS },
    token_type: { type: 'string', const: TOKEN_TYPE },
    scope: { type: 'string', example: SCOPES.join(' ') },
  },
};

/** The authentication API and what it refuses for a wrong method. */
const createOAuthPath = (summary: string, body: unknown, done: unknown) => ({
  post: {
    summary,
    security: [{ basic: [] }, {}],
    requestBody: body,
    responses: { 200: done, ...REFUSALS },
  },
  get: { summary: 'Not allowed', responses: { 405: REFUSALS[405] } },
});

const createParameter = (name: string, description: string) => ({
  name,
  in: 'query',
  required: false,
  description,
  schema: { type: 'string' },
});

const createPage = (description: string) => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } } },
});

export const createOpenApi = () => ({
  openapi: '3.0.3',
  info: {
    title: 'VideocallManager, as mock-veridas imitates it',
    version: '2.0.8',
    description:
      'Unofficial: made from the integration guide. What the guide does not specify is recorded from the software that the service seems to run on, or our choice.',
    license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
  },
  servers: [{ url: 'http://127.0.0.1:4010', description: 'mock-veridas with its default port' }],
  paths: {
    [PATHS.token]: createOAuthPath(
      'Get an access token with client credentials (guide 5.2)',
      createForm({ grant_type: { type: 'string', description: GRANT_TYPE } }),
      { description: 'Guide 5.2', content: { 'application/json': { schema: TOKEN } } },
    ),
    [PATHS.revoke]: createOAuthPath(
      'Revoke an access token (guide 5.2, rule 3)',
      createForm({ token: createTextSchema('the access token') }),
      { description: 'Guide 5.2: no data, whether the token exists or not' },
    ),
    '/call': {
      get: {
        summary: 'Open the frame of a video call (guide 5.3)',
        description: `Its body carries data-state: ${CALL_STATES.join(', ')}.`,
        parameters: [
          createParameter('access_token', 'an active token; required by the guide'),
          createParameter('validation_id', 'the id of the validation process; required by the guide'),
        ],
        responses: {
          200: {
            ...createPage('The waiting room, the call or an error screen'),
            headers: { 'Content-Security-Policy': { schema: { type: 'string' } } },
          },
          403: createPage('The token is invalid; the status is our choice'),
        },
      },
      post: {
        summary: 'Not allowed',
        responses: { 405: { ...REFUSALS[405], description: 'Only GET and HEAD are allowed; our choice' } },
      },
    },
  },
  components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
});
