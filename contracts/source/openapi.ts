import { EARLY_2021 } from '../../src/domain/answer-profile.ts';
import { CALL_STATES } from '../../src/domain/call-state.ts';
import { OAUTH_ERROR_CODES } from '../../src/domain/oauth.ts';
import { GRANT_TYPE, PATHS, SCOPES, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../../src/guide/oauth.ts';

/** The imitated service in OpenAPI: what the guide documents, and the refusals that were recorded. */

const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data'];
const MAX_FIELD_LENGTH = 200;

const createTextSchema = (description: string, example: string) => ({
  type: 'string',
  description,
  maxLength: MAX_FIELD_LENGTH,
  example,
});
const CREDENTIALS = {
  client_id: createTextSchema('the client_id, unless it is sent as Basic', 'CLIENT_ID'),
  client_secret: createTextSchema('the client_secret, unless it is sent as Basic', 'CLIENT_SECRET'),
};

interface Field {
  readonly example?: unknown;
}

const createForm = (own: Readonly<Record<string, Field>>) => {
  const properties: Readonly<Record<string, Field>> = { ...own, ...CREDENTIALS };
  const example = Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [name, field.example]),
  );
  const schema = { type: 'object', required: Object.keys(own), properties };
  return {
    required: true,
    content: Object.fromEntries(FORM_TYPES.map((type) => [type, { schema, example }])),
  };
};

const listErrors = (status: number) =>
  OAUTH_ERROR_CODES.filter((error) =>
    Object.values(EARLY_2021.answers).some(
      (answer) => answer.status === status && answer.body?.includes(`"${error}"`),
    ),
  );

const createHeader = (description: string, type: string, example: unknown) => ({
  description,
  schema: { type, example },
});

const createRefusal = (status: number, description: string) => ({
  description,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error'],
        properties: {
          error: { type: 'string', enum: listErrors(status) },
          error_description: { type: 'string', description: 'for people' },
          state: { type: 'string' },
        },
      },
      example: { error: status === 401 ? 'invalid_client' : 'unsupported_grant_type' },
    },
  },
});

const createHtml = (description: string, example: string) => ({
  description,
  content: { 'text/html': { schema: { type: 'string' }, example } },
});

const createMethodRefusal = (description: string, allowed: string) => ({
  description,
  headers: { Allow: createHeader('the methods that are allowed', 'string', allowed) },
});

const REFUSALS = {
  400: createRefusal(400, 'Recorded: the request is invalid'),
  401: {
    ...createRefusal(401, 'Recorded: the client is unknown or its secret is wrong'),
    headers: {
      'WWW-Authenticate': createHeader('why', 'string', 'Bearer, error="invalid_client"'),
    },
  },
  403: {
    description: 'Guide 6.1: in production the sender is not in the allow-list; the status is our choice',
  },
  500: createHtml(
    'Recorded: the software fails, for example at a character that its database cannot keep',
    '<h1>Server Error (500)</h1>',
  ),
  503: {
    description: 'The service is down',
    headers: { 'Retry-After': createHeader('seconds to wait', 'integer', 30) },
  },
};

const TOKEN = {
  type: 'object',
  required: ['access_token', 'expires_in', 'token_type', 'scope'],
  properties: {
    access_token: { type: 'string', description: 'for one user and one call' },
    expires_in: { type: 'integer', minimum: 1, description: 'seconds; an hour, according to the guide' },
    token_type: { type: 'string', enum: [TOKEN_TYPE] },
    scope: { type: 'string' },
  },
};

const createMethods = (method: 'get' | 'post', id: string, what: string, allowed: string, note: string) => ({
  [method]: {
    operationId: id,
    tags: ['Refusals'],
    summary: 'Not allowed',
    description: `${what} does not allow ${method.toUpperCase()}.`,
    security: [],
    responses: { 405: createMethodRefusal(note, allowed) },
  },
});

/** The authentication API and what it refuses for a wrong method. */
const createOAuthPath = (id: string, summary: string, body: unknown, done: unknown) => ({
  post: {
    operationId: id,
    tags: ['Authentication'],
    summary,
    description: 'Send the client credentials in the body, or as Basic in the Authorization header.',
    security: [{ basic: [] }, {}],
    requestBody: body,
    responses: { 200: done, ...REFUSALS },
  },
  ...createMethods(
    'get',
    `${id}ByGet`,
    'The endpoint',
    'POST, OPTIONS',
    'Recorded: only POST and OPTIONS are allowed',
  ),
});

const createParameter = (name: string, description: string, example: string) => ({
  name,
  in: 'query',
  required: false,
  description,
  schema: { type: 'string', maxLength: MAX_FIELD_LENGTH },
  example,
});

const createScreen = (state: string) => `<!doctype html><html><body data-state="${state}"></body></html>`;

export const createOpenApi = () => ({
  openapi: '3.0.3',
  info: {
    title: 'VideocallManager, as mock-veridas imitates it',
    version: '2.0.8',
    description:
      'Unofficial: made from the integration guide. What the guide does not specify is recorded from the software that the service seems to run on, or our choice.',
    contact: { name: 'mock-veridas', url: 'https://www.npmjs.com/package/mock-veridas' },
    license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
  },
  servers: [{ url: 'http://127.0.0.1:4010', description: 'mock-veridas with its default port' }],
  tags: [
    { name: 'Authentication', description: 'Access tokens (guide 5.2)' },
    { name: 'Video call', description: 'The frame (guide 5.3)' },
    { name: 'Refusals', description: 'Requests with a wrong method' },
  ],
  paths: {
    [PATHS.token]: createOAuthPath(
      'issueToken',
      'Get an access token with client credentials (guide 5.2)',
      createForm({ grant_type: { type: 'string', enum: [GRANT_TYPE], example: GRANT_TYPE } as Field }),
      {
        description: 'Guide 5.2',
        content: {
          'application/json': {
            schema: TOKEN,
            example: {
              access_token: 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf',
              expires_in: TOKEN_LIFETIME_SECONDS,
              token_type: TOKEN_TYPE,
              scope: SCOPES.join(' '),
            },
          },
        },
      },
    ),
    [PATHS.revoke]: createOAuthPath(
      'revokeToken',
      'Revoke an access token (guide 5.2, rule 3)',
      createForm({ token: createTextSchema('the access token', 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf') }),
      { description: 'Guide 5.2: no data, whether the token exists or not' },
    ),
    '/call': {
      get: {
        operationId: 'openFrame',
        tags: ['Video call'],
        summary: 'Open the frame of a video call (guide 5.3)',
        description: `Its body carries data-state: ${CALL_STATES.join(', ')}.`,
        security: [],
        parameters: [
          createParameter(
            'access_token',
            'an active token; required by the guide',
            'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf',
          ),
          createParameter(
            'validation_id',
            'the id of the validation process; required by the guide',
            'VALIDATION_ID',
          ),
        ],
        responses: {
          200: {
            ...createHtml('The waiting room, the call or an error screen', createScreen('waiting-room')),
            headers: {
              'Content-Security-Policy': createHeader('who may embed it', 'string', 'frame-ancestors *'),
            },
          },
          403: createHtml('The token is invalid; the status is our choice', createScreen('error')),
        },
      },
      ...createMethods(
        'post',
        'openFrameByPost',
        'The frame',
        'GET, HEAD',
        'Only GET and HEAD are allowed; our choice',
      ),
    },
  },
  components: {
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic', description: 'CLIENT_ID:CLIENT_SECRET' },
    },
  },
});
