import { ROUTES } from '../../../src/control/schema/routes.ts';

/** A valid request. Texts are Latin-1, one character per byte. */
export interface ValidRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** The response may take long, or never end. */
  readonly lasts?: true;
}

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const BASIC = ['Authorization', `Basic ${btoa('sandbox-client:sandbox-secret')}`] as const;
const MULTIPART = ['Content-Type', 'multipart/form-data; boundary=xx'] as const;

const CREDENTIALS = 'client_id=sandbox-client&client_secret=sandbox-secret';
const formatPart = (name: string, value: string) =>
  `--xx\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const post = (path: string, body: string, ...headers: ValidRequest['headers']): ValidRequest => ({
  method: 'POST',
  path,
  headers,
  body,
});
const get = (path: string): ValidRequest => ({ method: 'GET', path, headers: [], body: '' });
const withLongAnswer = (request: ValidRequest): ValidRequest => ({ ...request, lasts: true });

/** Values for the parameters in paths of the control API. */
const NAMES: Readonly<Record<string, string>> = {
  ':client_id': 'shop',
  ':token': 'a-token',
  ':name': 'mine',
  ':validation_id': 'val-1',
  ':id': '1',
};

/** Non-empty bodies for the control API. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /clients': { client_id: 'shop', client_secret: 's', allowed_ips: ['10.0.0.0/8'], scenario: 'happy' },
  'PATCH /clients/:client_id': { allowed_ips: ['::1'] },
  'POST /clock/advance': { by: '1h' },
  'POST /clock/freeze': { at: '2030-01-01T00:00:00Z' },
  'PUT /scenarios/:name': {
    name: 'mine',
    steps: [{ after: '1s', agent: 'join' }, { post: { type: 'info', code: 'C', message: 'M' } }],
  },
  'PUT /validations/:validation_id': { exists: true, confirmed: true, scenario: 'happy' },
  'POST /calls/:validation_id/agent': { action: 'join' },
  'POST /calls/:validation_id/events': { type: 'info', code: 'C', message: 'M' },
  'POST /calls/:validation_id/fail': { code: 'VideocallNotFound' },
  'POST /calls/:validation_id/signals': { name: 'go' },
  'POST /faults': { endpoint: 'call', status: 429, retry_after: 3, times: 1, client_id: 'shop' },
  'POST /wait': { for: { call_state: 'ended' }, validation_id: 'val-1', timeout: '10ms' },
  'POST /provider-states': { state: 'the client credentials exist', params: { client_id: 'shop' } },
  'POST /provider-events': { description: 'VideocallLoading' },
};

const createControlRequests = (): ValidRequest[] =>
  Object.keys(ROUTES).map((name) => {
    const [method = '', path = ''] = name.split(' ');
    const filled = path.replace(/:\w+/g, (parameter) => NAMES[parameter] ?? parameter);
    const body = method === 'POST' || method === 'PUT' || method === 'PATCH' ? (BODIES[name] ?? {}) : '';
    const text = body === '' ? '' : JSON.stringify(body);
    const request = { method, path: `/__admin${filled}`, headers: [JSON_TYPE], body: text };
    return name === 'POST /wait' || name.startsWith('POST /calls') ? withLongAnswer(request) : request;
  });

/** One or more valid requests for every plugin. `TOKEN` and `TICKET` stand for those of a call. */
export const VALID: readonly ValidRequest[] = [
  post('/o/token/', `grant_type=client_credentials&${CREDENTIALS}`, FORM),
  post('/o/token/?encoding=utf-8', 'grant_type=client_credentials', FORM, BASIC),
  post(
    '/o/token/',
    `${formatPart('grant_type', 'client_credentials')}${formatPart('client_id', 'sandbox-client')}--xx--\r\n`,
    MULTIPART,
    BASIC,
  ),
  post('/o/revoke_token/', `token=TOKEN&${CREDENTIALS}`, FORM, ['Cookie', 'sessionid=x; a=b']),
  post('/o/token', CREDENTIALS, FORM),
  { ...get('/o/token/'), method: 'OPTIONS' },
  get('/o/.well-known/jwks.json'),
  get('/call?access_token=TOKEN&validation_id=val-1'),
  { ...get('/call?access_token=TOKEN&validation_id=val-1'), method: 'HEAD' },
  withLongAnswer(get('/call/events?ticket=TICKET&after=-1')),
  withLongAnswer(get('/call/events?ticket=TICKET&after=0&state=loading&poll=1')),
  post('/call/reports?ticket=TICKET', '{"posted":[0]}', ['Content-Type', 'text/plain']),
  get('/call/foreign?data=%7B%7D'),
  post('/validas/v1/validation', '{}', JSON_TYPE, ['apikey', 'sandbox-secret']),
  { ...post('/validas/v1/validation/val-1/confirmation', '', ['apikey', 'sandbox-secret']), method: 'PUT' },
  ...createControlRequests(),
  get('/__admin/requests?limit=3&client_id=sandbox-client'),
  get('/__console/'),
  get('/__console/console.js'),
  withLongAnswer(get('/__console/stream?client_id=sandbox-client')),
  get('/__demo/'),
  post('/__demo/calls', '{"scenario":"happy"}', JSON_TYPE),
  get('/'),
];
