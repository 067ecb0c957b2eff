import { EXAMPLES } from './examples.ts';
import type { ROUTES } from './routes.ts';
import type { BodyOf, ParametersOf, QueryOf } from './typed-request.ts';

/** What the OpenAPI document says of each route besides its row: a name, a tag, and an example. */

export const TAGS = {
  Simulator: 'The process itself',
  Clients: 'Who may get tokens; each is a sandbox of its own',
  Tokens: 'Access tokens that were issued',
  Clock: 'Virtual time',
  Scenarios: 'Scripts of calls',
  Validations: 'What is known before a call',
  Calls: 'Calls, their events, and the agent',
  Faults: 'Errors between a backend and the service',
  Journal: 'What has happened, and waiting for it',
  Contracts: 'Starting states for contract tests',
} as const;
type Tag = keyof typeof TAGS;

type Table = typeof ROUTES;

/** A part of an example: required where the route takes it. */
type Part<Key extends string, T> = keyof T extends never ? unknown : { readonly [K in Key]: T };

/** What a body of a route may hold. */
type Body<Name extends keyof Table> = Name extends `GET ${string}` | `DELETE ${string}`
  ? Record<never, never>
  : BodyOf<Table[Name]> &
      (Table[Name] extends { readonly scoped: true } ? { readonly client_id?: string } : unknown);

type Example<Name extends keyof Table> = Part<'parameters', ParametersOf<Name>> &
  Part<'body', Body<Name>> & { readonly query?: QueryOf<Table[Name]> };

/** How an operation is described. */
export interface Operation {
  /** The name of the function in generated clients. */
  readonly id: string;
  readonly tag: Tag;
  readonly example?: {
    readonly parameters?: Readonly<Record<string, string>>;
    readonly query?: object;
    readonly body?: object;
  };
  readonly answer?: unknown;
}

/** An operation whose request has parts has an example of each. */
type Described<Name extends keyof Table> = Pick<Operation, 'id' | 'tag'> &
  (keyof Example<Name> extends 'query'
    ? { readonly example?: Example<Name> }
    : { readonly example: Example<Name> });

const CALL = { validation_id: 'customer-42' };

const DESCRIBED: { readonly [Name in keyof Table]: Described<Name> } = {
  'GET /': { id: 'getIndex', tag: 'Simulator' },
  'GET /health': { id: 'getHealth', tag: 'Simulator' },
  'POST /reset': { id: 'reset', tag: 'Simulator', example: { body: { client_id: 'shop' } } },
  'GET /openapi.json': { id: 'getOpenApi', tag: 'Simulator' },
  'GET /metrics': { id: 'getMetrics', tag: 'Simulator' },
  'GET /ca.pem': { id: 'getAuthority', tag: 'Simulator' },
  'GET /clients': { id: 'listClients', tag: 'Clients' },
  'POST /clients': {
    id: 'createClient',
    tag: 'Clients',
    example: { body: { client_id: 'shop', client_secret: 'not-a-real-secret', scenario: 'manual' } },
  },
  'GET /clients/:client_id': {
    id: 'getClient',
    tag: 'Clients',
    example: { parameters: { client_id: 'shop' } },
  },
  'PATCH /clients/:client_id': {
    id: 'updateClient',
    tag: 'Clients',
    example: { parameters: { client_id: 'shop' }, body: { scenario: 'agent-late' } },
  },
  'DELETE /clients/:client_id': {
    id: 'deleteClient',
    tag: 'Clients',
    example: { parameters: { client_id: 'shop' } },
  },
  'GET /tokens': { id: 'listTokens', tag: 'Tokens' },
  'GET /tokens/:token': {
    id: 'getToken',
    tag: 'Tokens',
    example: { parameters: { token: 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf' } },
  },
  'POST /tokens/:token/expire': {
    id: 'expireToken',
    tag: 'Tokens',
    example: { parameters: { token: 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf' }, body: { client_id: 'shop' } },
  },
  'GET /clock': { id: 'getClock', tag: 'Clock' },
  'POST /clock/advance': { id: 'advanceClock', tag: 'Clock', example: { body: { by: '10m' } } },
  'POST /clock/freeze': {
    id: 'freezeClock',
    tag: 'Clock',
    example: { body: { at: '2030-01-01T00:00:00Z' } },
  },
  'POST /clock/resume': { id: 'resumeClock', tag: 'Clock', example: { body: { client_id: 'shop' } } },
  'GET /scenarios': { id: 'listScenarios', tag: 'Scenarios' },
  'GET /scenarios/:name': {
    id: 'getScenario',
    tag: 'Scenarios',
    example: { parameters: { name: 'quick' } },
  },
  'PUT /scenarios/:name': {
    id: 'putScenario',
    tag: 'Scenarios',
    example: {
      parameters: { name: 'quick' },
      body: {
        steps: [
          { after: '1s', agent: 'join' },
          { after: '1s', agent: 'end' },
        ],
      },
    },
  },
  'DELETE /scenarios/:name': {
    id: 'deleteScenario',
    tag: 'Scenarios',
    example: { parameters: { name: 'quick' } },
  },
  'GET /validations': { id: 'listValidations', tag: 'Validations' },
  'PUT /validations/:validation_id': {
    id: 'putValidation',
    tag: 'Validations',
    example: { parameters: CALL, body: { scenario: 'agent-late' } },
  },
  'GET /calls': { id: 'listCalls', tag: 'Calls' },
  'GET /calls/:validation_id': { id: 'getCall', tag: 'Calls', example: { parameters: CALL } },
  'POST /calls/:validation_id/agent': {
    id: 'playAgent',
    tag: 'Calls',
    example: { parameters: CALL, body: { action: 'join' } },
  },
  'POST /calls/:validation_id/events': {
    id: 'postEvent',
    tag: 'Calls',
    example: { parameters: CALL, body: { type: 'info', code: 'Custom', message: 'Any text' } },
  },
  'POST /calls/:validation_id/fail': {
    id: 'failCall',
    tag: 'Calls',
    example: { parameters: CALL, body: { code: 'VideocallServerNotOperational' } },
  },
  'POST /calls/:validation_id/signals': {
    id: 'sendSignal',
    tag: 'Calls',
    example: { parameters: CALL, body: { name: 'papers-shown' } },
  },
  'GET /events': { id: 'listEvents', tag: 'Calls' },
  'GET /faults': { id: 'listFaults', tag: 'Faults' },
  'POST /faults': {
    id: 'armFault',
    tag: 'Faults',
    example: { body: { endpoint: 'token', status: 503, retry_after: 2, times: 1 } },
  },
  'DELETE /faults/:id': {
    id: 'deleteFault',
    tag: 'Faults',
    example: { parameters: { id: 'kT3xWq' } },
  },
  'GET /requests': {
    id: 'listRequests',
    tag: 'Journal',
    example: { query: { path: '/o/token/', status: '401' } },
  },
  'GET /requests/count': {
    id: 'countRequests',
    tag: 'Journal',
    example: { query: { path: '/o/token/', status: '401' } },
  },
  'POST /wait': {
    id: 'waitFor',
    tag: 'Journal',
    example: { body: { for: { event: 'VideocallCompleted' }, ...CALL, timeout: '5s' } },
  },
  'GET /findings': { id: 'listFindings', tag: 'Journal' },
  'GET /coverage': { id: 'getCoverage', tag: 'Journal' },
  'POST /provider-states': {
    id: 'setUpProviderState',
    tag: 'Contracts',
    example: { body: { action: 'setup', state: 'the access token has expired' } },
  },
  'POST /provider-events': {
    id: 'getProviderEvent',
    tag: 'Contracts',
    example: { body: { description: 'the event VideocallLoading' } },
  },
};

/** How the operation of a route is described, with an example of its answer. */
export const describeOperation = (name: string): Operation =>
  ({
    ...(DESCRIBED as Readonly<Record<string, Operation>>)[name],
    answer: (EXAMPLES as Readonly<Record<string, unknown>>)[name],
  }) as Operation;
