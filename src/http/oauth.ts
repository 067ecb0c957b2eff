import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAmong } from '../address.ts';
import type { Endpoint } from '../domain/fault.ts';
import { claimedClients, type OAuthRequest, type Refusal } from '../domain/oauth.ts';
import { OAUTH_ERRORS } from '../guide/errors.ts';
import { PATHS, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../guide/oauth.ts';
import type { Blocking } from '../protocol/choices.ts';
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
import { pairs } from './django/urlencoded.ts';
import { logFailure } from './failure.ts';
import { headerLines } from './header-lines.ts';
import { comeBack, sendUnavailable } from './unavailable.ts';
import { targetOf, type Visits } from './visits.ts';

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
  readonly visits: Visits;
}

/** One address of the authentication API. */
interface View {
  readonly endpoint: Endpoint;
  answer(request: OAuthRequest, isAmong: IsAmong): Promise<Answer | Refusal>;
}

/** The Content-Type as it came. */
const declaredType = (request: FastifyRequest): string =>
  headerLines(request).find(([name]) => name === 'content-type')?.[1] ?? '';

/** What reaches the endpoint of a request, and the answer where its body cannot be read. */
function oauthRequest(request: FastifyRequest, query: string): { asked: OAuthRequest; trouble?: Answer } {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const { form, trouble } = formOf(request, body);
  if (form !== undefined) request.visit.form = form;
  const fields = new Map([...pairs(query), ...(form ?? [])]);
  const asked: OAuthRequest = {
    query: query === '' ? 'none' : BROKEN_ESCAPE.test(query) ? 'malformed' : 'present',
    basic: basicCredentials(request.headers.authorization, fields.get('encoding') || 'utf-8'),
    fields,
  };
  return { asked, ...(trouble && { trouble }) };
}

function formOf(request: FastifyRequest, body: Buffer): { form?: [string, string][]; trouble?: Answer } {
  try {
    const form = formFields(declaredType(request), body);
    return form === undefined ? {} : { form };
  } catch (error) {
    if (error instanceof TooMuch) return { trouble: because(request, error.message, TOO_MUCH) };
    if (error instanceof Unreadable) return { trouble: because(request, error.message, BAD_REQUEST) };
    throw error;
  }
}

/** Notes why a request is answered so. */
function because({ visit }: FastifyRequest, reason: string, answer: Answer): Answer {
  visit.reason = reason;
  return answer;
}

/**
 * A JSON object of texts and numbers, spaced as the imitated service spaces it, with everything beyond printable ASCII
 * escaped.
 */
const object = (members: Record<string, unknown>) =>
  `{${Object.entries(members)
    .map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
    .join(', ')}}`.replace(/[\u007f-\uffff]+/g, (run) =>
    Buffer.from(run, 'utf16le').swap16().toString('hex').replace(/.{4}/g, '\\u$&'),
  );

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
export async function oauth(
  app: FastifyInstance,
  { simulator, blocking, keys, visits }: OAuthDoor,
): Promise<void> {
  const views: Record<string, View> = {
    [PATHS.token]: {
      endpoint: 'token',
      async answer(request, isAmong) {
        const token = await simulator.tokens.issue(request, isAmong);
        if (!('accessToken' in token)) return token;
        const { accessToken: access_token, scope } = token;
        return json(
          200,
          object({ access_token, expires_in: TOKEN_LIFETIME_SECONDS, token_type: TOKEN_TYPE, scope }),
        );
      },
    },
    [PATHS.revoke]: {
      endpoint: 'revoke',
      answer: async (request, isAmong) => (await simulator.tokens.revoke(request, isAmong)) ?? EMPTY,
    },
  };
  const viewAt = (path: string) => (Object.hasOwn(views, path) ? views[path] : undefined);

  function withoutSlash(request: FastifyRequest, path: string, query: string): Answer {
    const location = query === '' ? `${path}/` : `${path}/?${query}`;
    return because(
      request,
      'the path lacks its last slash, and the redirect loses the body',
      redirect(location),
    );
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<Answer | Refusal | undefined> {
    const { path, query } = targetOf(request);
    const view = viewAt(path);
    if (view === undefined && viewAt(`${path}/`) === undefined)
      return because(request, 'the service has nothing at this path', NOT_FOUND);
    const { asked, trouble } = oauthRequest(request, query);
    const claimed = [...new Set(claimedClients(asked))];
    const endpoint = request.method === 'POST' ? view?.endpoint : undefined;
    if ((await visits.receive(request, reply, { claimed }, endpoint)) === undefined) return undefined;
    if (view === undefined) return withoutSlash(request, path, query);
    if (request.method === 'OPTIONS') return options(ALLOW);
    if (request.method !== 'POST')
      return because(request, `${request.method} is not allowed here, only POST`, methodNotAllowed(ALLOW));
    return trouble ?? view.answer(asked, (ranges) => isAmong(request.ip, ranges));
  }

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const outcome = await answer(request, reply);
    if (outcome === undefined) return reply;
    if ('status' in outcome) return send(request, reply, outcome);
    request.visit.reason = outcome.reason;
    request.visit.cause = 'error' in outcome ? outcome.error : 'crash' in outcome ? 'crash' : 'blocked';
    if (!('blocked' in outcome)) return send(request, reply, refused(outcome));
    if (blocking === 'forbidden')
      return reply.code(403).type('text/plain').send(`403 Forbidden: ${outcome.reason}\n`);
    await visits.leave(request, reply, blocking);
    return reply;
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: MOST_BODY_BYTES },
    async (_: unknown, body: Buffer) => body,
  );

  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    if (comeBack(reply, error)) return sendUnavailable(reply, error);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) {
      return send(request, reply, because(request, message, statusCode === 413 ? TOO_MUCH : BAD_REQUEST));
    }
    return send(request, reply, because(request, logFailure(request, error), SERVER_ERROR));
  });
  app.setNotFoundHandler(handle);
  for (const path of Object.values(PATHS)) app.all(path, handle);
  if (keys !== undefined) app.get(KEYS_PATH, async (_, reply) => reply.send(await keys()));
}
