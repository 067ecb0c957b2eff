import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAmong } from '../address.ts';
import type { OAuthRequest, Refusal } from '../domain/oauth.ts';
import { OAUTH_ERRORS } from '../guide/errors.ts';
import { PATHS, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../guide/oauth.ts';
import type { Blocking } from '../protocol/config.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { IsAmong } from '../simulator/tokens.ts';
import {
  type Answer,
  BAD_REQUEST,
  EMPTY,
  json,
  methodNotAllowed,
  NOT_FOUND,
  options,
  redirect,
  SERVER_ERROR,
  send,
  TOO_MUCH,
} from './django/answer.ts';
import { basicCredentials } from './django/basic.ts';
import { formFields, Unreadable } from './django/form.ts';
import { TooMuch } from './django/limits.ts';
import { pairs, unquote } from './django/urlencoded.ts';

/** Where the public keys of JWTs are found (RFC 8414). The guide has no such address. */
const KEYS_PATH = '/o/.well-known/jwks.json';

const ALLOW = 'POST, OPTIONS';

/** The framework takes files of any size; this process does not. */
const MOST_BODY_BYTES = 10 * 2 ** 20;

/** A percent sign that no two hex digits follow, as the imitated library looks for it. */
const BROKEN_ESCAPE = /%(?:[^0-9a-f]|[0-9a-f][^0-9a-f])/i;

export interface OAuthDoor {
  readonly simulator: Simulator;
  readonly blocking: Blocking;
  /** The public keys of the tokens, if tokens are JWTs. */
  readonly keys?: (() => Promise<unknown>) | undefined;
}

type View = (request: OAuthRequest, isAmong: IsAmong) => Promise<Answer | Refusal>;

/** Path and query of a request, the path decoded; a fragment, which does not belong there, is cut off. */
function targetOf({ url }: FastifyRequest): { path: string; query: string } {
  // RFC 9112, 3.2.2: a request target may be a whole URL.
  const [target = ''] = url.replace(/^https?:\/\/[^/?#]*/i, '').split('#', 1);
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: unquote(target), query: '' }
    : { path: unquote(target.slice(0, mark)), query: target.slice(mark + 1) };
}

/** The Content-Type as it came. */
const declaredType = ({ raw }: FastifyRequest): string => raw.headersDistinct['content-type']?.[0] ?? '';

function oauthRequest(request: FastifyRequest, query: string): OAuthRequest {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const fields = new Map([...pairs(query), ...formFields(declaredType(request), body)]);
  return {
    query: query === '' ? 'none' : BROKEN_ESCAPE.test(query) ? 'malformed' : 'present',
    basic: basicCredentials(request.headers.authorization, fields.get('encoding') || 'utf-8'),
    fields,
  };
}

/** JSON with everything beyond printable ASCII escaped, as the imitated service writes it. */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]+/g, (run) =>
    Buffer.from(run, 'utf16le').swap16().toString('hex').replace(/.{4}/g, '\\u$&'),
  );

/** A JSON object of texts and numbers, spaced as the imitated service spaces it. */
const object = (members: Record<string, unknown>) =>
  `{${Object.entries(members)
    .map(([key, value]) => `${asciiJson(key)}: ${asciiJson(value)}`)
    .join(', ')}}`;

function refused(refusal: Exclude<Refusal, { blocked: true }>): Answer {
  if ('crash' in refusal) return SERVER_ERROR;
  const { error, description, state } = refusal;
  const body = object({
    error,
    ...(description && { error_description: description }),
    ...(state && { state }),
  });
  const status = OAUTH_ERRORS[error];
  return json(status, body, status === 401 ? { 'www-authenticate': `${TOKEN_TYPE}, error="${error}"` } : {});
}

/** The authentication API, and everything else that the imitated framework answers on paths of its own. */
export async function oauth(app: FastifyInstance, { simulator, blocking, keys }: OAuthDoor): Promise<void> {
  const views: Record<string, View | undefined> = {
    async [PATHS.token](request, isAmong) {
      const token = await simulator.tokens.issue(request, isAmong);
      if (!('accessToken' in token)) return token;
      const { accessToken: access_token, scope } = token;
      return json(
        200,
        object({ access_token, expires_in: TOKEN_LIFETIME_SECONDS, token_type: TOKEN_TYPE, scope }),
      );
    },
    async [PATHS.revoke](request, isAmong) {
      return (await simulator.tokens.revoke(request, isAmong)) ?? EMPTY;
    },
  };

  async function answer(request: FastifyRequest): Promise<Answer | Refusal> {
    const { path, query } = targetOf(request);
    const view = Object.hasOwn(views, path) ? views[path] : undefined;
    if (view === undefined) {
      const withSlash = `${path}/`;
      return Object.hasOwn(views, withSlash)
        ? redirect(query ? `${withSlash}?${query}` : withSlash)
        : NOT_FOUND;
    }
    if (request.method === 'OPTIONS') return options(ALLOW);
    if (request.method !== 'POST') return methodNotAllowed(ALLOW);
    try {
      return await view(oauthRequest(request, query), (ranges) => isAmong(request.ip, ranges));
    } catch (error) {
      if (error instanceof TooMuch) return TOO_MUCH;
      if (error instanceof Unreadable) return BAD_REQUEST;
      throw error;
    }
  }

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const outcome = await answer(request);
    if ('status' in outcome) return send(request, reply, outcome);
    if (!('blocked' in outcome)) return send(request, reply, refused(outcome));
    if (blocking === 'forbidden')
      return reply.code(403).type('text/plain').send(`403 Forbidden: ${outcome.reason}\n`);
    reply.hijack();
    // To hang is to do nothing more: the sender gives up, or the server stops.
    if (blocking === 'reset') request.raw.socket.resetAndDestroy();
    return reply;
  }

  app.addHook('onRequest', async (request) => {
    // Fastify refuses with 415 what is no media type; the imitated framework only compares the text.
    request.headers['content-type'] = 'application/octet-stream';
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: MOST_BODY_BYTES },
    async (_: unknown, body: Buffer) => body,
  );

  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    if (error.statusCode === 413) return send(request, reply, TOO_MUCH);
    if (error.statusCode !== undefined && error.statusCode < 500) return send(request, reply, BAD_REQUEST);
    request.log.error(error);
    return send(request, reply, SERVER_ERROR);
  });
  app.setNotFoundHandler(handle);
  for (const path of Object.values(PATHS)) app.all(path, handle);
  if (keys !== undefined) app.get(KEYS_PATH, async (_, reply) => reply.send(await keys()));
}
