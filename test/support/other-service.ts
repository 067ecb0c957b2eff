import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A service that answers nearly everything otherwise than the simulator, on purpose. */

interface OtherAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | object;
}

interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers in place of the service; undefined lets it answer. `hang up` closes the connection. */
type Interfere = (received: Received, index: number) => OtherAnswer | 'hang up' | undefined;

export interface OtherService {
  readonly url: string;
  readonly log: readonly Received[];
  /** Tokens that were issued, and those that were revoked. */
  readonly issued: readonly string[];
  readonly revoked: ReadonlySet<string>;
  /** The most requests that were answered at the same time. */
  readonly maxConcurrent: () => number;
  close(): Promise<void>;
}

export const OTHER_CLIENT = { id: 'shop-7', secret: 'S3cret+with/odd=chars%' };

const json = (status: number, body: object, headers = {}): OtherAnswer => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
  body,
});
const page = (status: number, title: string, headers = {}): OtherAnswer => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body: `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center></body>\r\n</html>\r\n`,
});

const parseJson = (body: string) => Object.entries(JSON.parse(body)) as [string, string][];

function readFields({ headers, body, query }: Received): Map<string, string> {
  const isJson = headers['content-type'] === 'application/json';
  const inBody = isJson ? parseJson(body) : new URLSearchParams(body);
  return new Map([...new URLSearchParams(query), ...inBody]);
}

function readCredentials({ headers }: Received, fields: Map<string, string>): string | undefined {
  const [, encoded] = /^Basic (.*)$/.exec(headers.authorization ?? '') ?? [];
  if (encoded !== undefined)
    return Buffer.from(encoded, 'base64').toString().split(':').map(decodeURIComponent).join(':');
  const id = fields.get('client_id');
  return id === undefined ? undefined : `${id}:${fields.get('client_secret')}`;
}

/** Starts the service on a free port. */
export async function startOtherService(
  interfere: Interfere = () => undefined,
  latencyMs = 0,
): Promise<OtherService> {
  const log: Received[] = [];
  const issued: string[] = [];
  const revoked = new Set<string>();
  let url = '';
  let concurrent = 0;
  let most = 0;

  function checkClient(received: Received, fields: Map<string, string>): OtherAnswer | undefined {
    const given = readCredentials(received, fields);
    const trace = { trace_id: '7f9c1e2a-0b1d-4c3e-9f8a-1234567890ab', at: new Date().toISOString() };
    if (given === undefined)
      return json(
        401,
        { type: 'about:blank', title: 'Unauthorized', ...trace },
        { 'content-type': 'application/problem+json' },
      );
    const [id] = given.split(':', 1);
    if (id !== OTHER_CLIENT.id)
      return json(401, { error: 'invalid_client', error_description: `client ${id} is unknown` });
    if (given === `${id}:${OTHER_CLIENT.secret}`) return undefined;
    if (received.path === '/o/revoke_token/') return json(403, { error: 'access_denied' });
    return received.headers.authorization === undefined
      ? json(400, { error: 'invalid_client', error_description: 'secret mismatch' })
      : json(401, { error: 'invalid_client' }, { 'www-authenticate': `Basic realm="${new URL(url).host}"` });
  }

  function answerToken(received: Received): OtherAnswer {
    const { method, headers, query } = received;
    if (method === 'OPTIONS') return { status: 204, headers: { 'access-control-allow-origin': '*' } };
    if (method !== 'POST') return json(405, { code: 'METHOD_NOT_ALLOWED', status: 405 });
    if (headers['content-type']?.startsWith('multipart/'))
      return json(415, { error: 'unsupported_media_type' });
    if (query !== '') return json(400, { error: 'invalid_request', error_description: 'no query, please' });
    const fields = readFields(received);
    const refusal = checkClient(received, fields);
    if (refusal !== undefined) return refusal;
    const grant = fields.get('grant_type');
    if (grant === undefined)
      return json(400, { error: 'invalid_request', error_description: 'grant_type is required' });
    if (grant !== 'client_credentials')
      return json(400, { error: 'unsupported_grant_type', error_uri: 'https://errors.example/grant' });
    const token = `t-${issued.length}-${'x'.repeat(36)}`;
    issued.push(token);
    const scope = fields.get('scope') === 'read' ? 'read' : 'videocall.open videocall.list';
    return json(200, {
      token_type: 'bearer',
      access_token: token,
      expires_in: 1800,
      scope,
      issued_at: Math.floor(Date.now() / 1000),
      region: 'eu',
    });
  }

  function answerRevocation(received: Received): OtherAnswer {
    const fields = readFields(received);
    const refusal = checkClient(received, fields);
    if (refusal !== undefined) return refusal;
    const token = fields.get('token');
    if (token === undefined) return json(422, { errors: [{ field: 'token' }] });
    if (!issued.includes(token)) return json(400, { error: 'unsupported_token_type' });
    const isAgain = revoked.has(token);
    revoked.add(token);
    return isAgain ? json(404, { error: 'gone' }) : json(200, { revoked: true });
  }

  function answerCall({ query }: Received): OtherAnswer {
    const asked = new URLSearchParams(query);
    const token = asked.get('access_token');
    if (token === null) return { status: 302, headers: { location: `${url}/login?next=/call` } };
    if (!issued.includes(token)) return json(401, { detail: 'Invalid token.' });
    if (revoked.has(token)) return page(200, 'Video call');
    return asked.has('validation_id') ? page(200, 'Video call') : page(404, 'No such validation');
  }

  function answer(received: Received): OtherAnswer {
    const { path } = received;
    if (path === '/o/token/' || path === '/o/token') return answerToken(received);
    if (path === '/o/revoke_token/') return answerRevocation(received);
    return path === '/call' ? answerCall(received) : page(404, `404 Not Found: ${path}`);
  }

  const server = createServer(async (request, response) => {
    concurrent += 1;
    most = Math.max(most, concurrent);
    response.on('close', () => {
      concurrent -= 1;
    });
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const received = {
      method: request.method ?? '',
      path,
      query,
      headers: request.headers,
      body: await text(request),
    };
    const index = log.push(received) - 1;
    const given = interfere(received, index);
    if (given === 'hang up') return void request.socket.destroy();
    const { status, headers, body = '' } = given ?? answer(received);
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    response.writeHead(status, {
      server: 'gateway/9',
      'x-api-version': '7',
      'x-request-id': crypto.randomUUID(),
      'x-ratelimit-remaining': String(1000 - index),
      'set-cookie': `basket=${crypto.randomUUID()}; Path=/`,
      ...headers,
    });
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    log,
    issued,
    revoked,
    maxConcurrent: () => most,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
