import { describePlay, SITUATIONS } from '../../domain/coverage.ts';
import { RULES } from '../../domain/finding.ts';
import { listRoutes, PAGES } from './overview.ts';
import type { ROUTES } from './routes.ts';
import { SERVER_ROUTES } from './server.ts';
import type { AnswerOf } from './typed-request.ts';

/** An example of the answer of each route, for the OpenAPI document. */

type Table = typeof ROUTES;

/** Every route that answers. */
type Answering = {
  [Name in keyof Table]: AnswerOf<Table[Name]> extends undefined ? never : Name;
}[keyof Table];

const AT = '2030-01-01T09:00:00.000Z';
const LATER = '2030-01-01T09:00:02.000Z';
const EXPIRY = '2030-01-01T10:00:00.000Z';
const TOKEN = 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf';
const OF_SHOP = { client_id: 'shop' };
const CALL_ID = { ...OF_SHOP, validation_id: 'customer-42', n: 1 };

const list = <T>(item: T) => ({ items: [item], total: 1 });
const page = <T>(item: T) => ({ ...list(item), next: null });

const CLIENT: AnswerOf<Table['POST /clients']> = {
  ...OF_SHOP,
  client_secret: 'not-a-real-secret',
  environment: 'sandbox',
  allowed_ips: [],
  type: 'confidential',
  grant_type: 'client-credentials',
  expires_in: 3600,
  scenario: 'manual',
  next_scenario: null,
};

const ACCESS_TOKEN: AnswerOf<Table['GET /tokens/:token']> = {
  access_token: TOKEN,
  ...OF_SHOP,
  state: 'active',
  issued_at: AT,
  expires_at: EXPIRY,
  validation_ids: ['customer-42'],
};

const CLOCK = { now: EXPIRY, frozen: false, offsetMs: 3_600_000 };

const SCENARIO: AnswerOf<Table['GET /scenarios/:name']> = {
  name: 'quick',
  description: null,
  source: 'control-api',
  client_id: null,
  steps: [
    { after: '1s', agent: 'join' },
    { after: '1s', agent: 'end' },
  ],
};

const VALIDATION: AnswerOf<Table['PUT /validations/:validation_id']> = {
  client_id: null,
  validation_id: 'customer-42',
  exists: null,
  confirmed: null,
  scenario: 'agent-late',
  calls: 0,
};

const MESSAGE = { type: 'info' as const, code: 'VideocallLoading', message: 'The agent has joined' };

const EVENT = {
  id: 0,
  ...MESSAGE,
  at: LATER,
  pushed_at: LATER,
  posted_at: LATER,
};

const CALL: AnswerOf<Table['GET /calls/:validation_id']> = {
  ...CALL_ID,
  state: 'loading',
  scenario: 'manual',
  tokens: [TOKEN],
  opened_at: AT,
  waits_for: null,
  next_at: null,
  started_at: AT,
  ended_at: null,
  possible_actions: ['start', 'leave', 'end'],
  acts: [{ at: LATER, by: 'hand', act: 'join', name: null, event: 0 }],
  events: [EVENT],
  page: 'open',
  pages: [{ served_at: AT, open: true, diagnostics: null }],
};

const POSTED: AnswerOf<Table['POST /calls/:validation_id/agent']> = { page: 'posted', posted_after_ms: 12 };

const FAULT: AnswerOf<Table['POST /faults']> = {
  id: 'kT3xWq',
  client_id: null,
  endpoint: 'token',
  status: 503,
  retry_after: 2,
  latency_ms: null,
  kind: null,
  after: 0,
  times: 1,
  struck: 0,
};

const REQUEST: AnswerOf<Table['GET /requests']>['items'][number] = {
  id: 7,
  ...OF_SHOP,
  at: AT,
  received_at: AT,
  method: 'POST',
  path: '/o/token/',
  query: {},
  headers: { host: '127.0.0.1:4010' },
  form: { grant_type: 'client_credentials', client_id: 'shop', client_secret: '***' },
  from: '127.0.0.1',
  status: 401,
  cause: 'invalid_client',
  reason: 'wrong client_secret for client "shop"',
  fix: 'send the client_secret of this client',
  validation_id: null,
  fault_id: null,
};

function createCoverage(): AnswerOf<Table['GET /coverage']> {
  const id = 'expired-token';
  const { guide, title, counts } = SITUATIONS[id];
  return {
    ...list({ id, guide, title, counts, play: describePlay(id), played: true }),
    played: 1,
    ignored: [],
  };
}

function createFinding(): AnswerOf<Table['GET /findings']>['items'][number] {
  const { severity, guide, title, fix } = RULES['missing-trailing-slash'];
  const times = { first_at: AT, last_at: AT, times: 1 };
  return {
    rule: 'missing-trailing-slash',
    severity,
    guide,
    title,
    fix,
    client_id: null,
    seen: 'POST /o/token',
    ...times,
  };
}

export const EXAMPLES: { readonly [Name in Answering]: AnswerOf<Table[Name]> } = {
  'GET /': { version: '0.1.0', pages: [...PAGES], routes: listRoutes(SERVER_ROUTES) },
  'GET /health': {
    status: 'ok',
    version: '0.1.0',
    profile: 'early-2021',
    instanceId: 'dK3mQ9vTz2Xa',
    uptimeInSeconds: 5,
    time: AT,
  },
  'GET /openapi.json': { openapi: '3.1.0' },
  'GET /metrics': 'mock_veridas_requests_total{endpoint="/o/token/",status="200"} 1\n',
  'GET /ca.pem': '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  'GET /clients': list(CLIENT),
  'POST /clients': CLIENT,
  'GET /clients/:client_id': CLIENT,
  'PATCH /clients/:client_id': { ...CLIENT, scenario: 'agent-late' },
  'GET /tokens': page(ACCESS_TOKEN),
  'GET /tokens/:token': ACCESS_TOKEN,
  'GET /clock': CLOCK,
  'POST /clock/advance': CLOCK,
  'POST /clock/freeze': { ...CLOCK, frozen: true },
  'POST /clock/resume': CLOCK,
  'GET /scenarios': list(SCENARIO),
  'GET /scenarios/:name': SCENARIO,
  'PUT /scenarios/:name': SCENARIO,
  'GET /validations': list(VALIDATION),
  'PUT /validations/:validation_id': VALIDATION,
  'GET /calls': page(CALL),
  'GET /calls/:validation_id': CALL,
  'POST /calls/:validation_id/agent': POSTED,
  'POST /calls/:validation_id/events': POSTED,
  'POST /calls/:validation_id/fail': POSTED,
  'GET /events': page({ ...CALL_ID, ...EVENT }),
  'GET /faults': list(FAULT),
  'POST /faults': FAULT,
  'GET /requests': page(REQUEST),
  'GET /requests/count': { count: 1 },
  'POST /wait': { event: { ...CALL_ID, ...EVENT } },
  'GET /findings': list(createFinding()),
  'GET /coverage': createCoverage(),
  'POST /provider-states': { accessToken: TOKEN, clientId: 'shop' },
  'POST /provider-events': MESSAGE,
};
