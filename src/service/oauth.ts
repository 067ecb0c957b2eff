import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Endpoint } from '../domain/fault.ts';
import { claimedClients, type OAuthRequest, type Refusal } from '../domain/oauth.ts';
import type { Token } from '../domain/token.ts';
import { OAUTH_ERRORS } from '../guide/errors.ts';
import { PATHS, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../guide/oauth.ts';
import type { Blocking } from '../options/choices.ts';
import { isAmong } from '../server/address.ts';
import { askToRetry, logFailure, sendUnavailable } from '../server/failure.ts';
import type { Reception } from '../simulator/received-request.ts';
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
import { type Form, formFields, Unreadable } from './django/form.ts';
import { TooMuch } from './django/limits.ts';
import { pairs } from './django/urlencoded.ts';
import { headerLine } from './header-lines.ts';
import { lastMade } from './memoize-last.ts';
import type { Visits } from './request-log.ts';

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
  answer(request: OAuthRequest, received: Reception, isAmong: IsAmong): Promise<Answer | Refusal>;
}

/** What a request is understood from. */
interface Sent {
  readonly query: string;
  /** The Content-Type as it came. */
  readonly type: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** What reaches the endpoint of a request. */
interface Read {
  readonly asked: OAuthRequest;
  readonly claimed: readonly string[];
  readonly form?: Form | undefined;
  /** The answer where the body cannot be read, and why. */
  readonly trouble?: { readonly answer: Answer; readonly reason: string } | undefined;
}

function formOf({ type, body }: Sent): Pick<Read, 'form' | 'trouble'> {
  try {
    return { form: formFields(type, body) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    if (error instanceof TooMuch) return { trouble: { answer: TOO_MUCH, reason } };
    if (error instanceof Unreadable) return { trouble: { answer: BAD_REQUEST, reason } };
    throw error;
  }
}

function read(sent: Sent): Read {
  const { query, authorization } = sent;
  const { form, trouble } = formOf(sent);
  const fields = new Map([...pairs(query), ...(form ?? [])]);
  const asked: OAuthRequest = {
    query: query === '' ? 'none' : BROKEN_ESCAPE.test(query) ? 'malformed' : 'present',
    basic: basicCredentials(authorization, fields.get('encoding') || 'utf-8'),
    fields,
  };
  return { asked, claimed: claimedClients(asked), form, trouble };
}

const MOST_REMEMBERED_BYTES = 4096;

/** Understands requests. Backends ask for every token in the same words, which are read once. */
function reader(): (request: FastifyRequest, query: string) => Read {
  const readAgain = lastMade(
    ({ query, type, authorization, body }: Sent) => [query, type, authorization, body.toString('latin1')],
    read,
  );
  return (request, query) => {
    const type = headerLine(request, 'content-type') ?? '';
    const { authorization } = request.headers;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const sent = { query, type, authorization, body };
    return body.length > MOST_REMEMBERED_BYTES ? read(sent) : readAgain(sent);
  };
}

/** Notes why a request is answered so. */
function because({ visit }: FastifyRequest, reason: string, answer: Answer): Answer {
  visit.reason = reason;
  return answer;
}

/** Everything beyond printable ASCII as JSON escapes it. */
const escaped = (text: string) =>
  text.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A JSON object of texts, spaced as the imitated service spaces it. */
const object = (members: Readonly<Record<string, string>>) =>
  escaped(
    `{${Object.entries(members)
      .map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
      .join(', ')}}`,
  );

/** Guide 5.2. Neither a token nor a scope has letters that JSON must escape. */
const tokenBody = ({ accessToken, scope }: Token) =>
  `{"access_token": "${accessToken}", "expires_in": ${TOKEN_LIFETIME_SECONDS}, "token_type": "${TOKEN_TYPE}", "scope": "${scope}"}`;

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
  const understood = reader();
  const views = new Map<string, View>([
    [
      PATHS.token,
      {
        endpoint: 'token',
        async answer(request, received, isAmong) {
          const token = await simulator.tokens.issue(request, received, isAmong);
          if (!('accessToken' in token)) return token;
          return json(200, tokenBody(token));
        },
      },
    ],
    [
      PATHS.revoke,
      {
        endpoint: 'revoke',
        answer: async (request, received, isAmong) =>
          (await simulator.tokens.revoke(request, received, isAmong)) ?? EMPTY,
      },
    ],
  ]);

  function withoutSlash(request: FastifyRequest, path: string, query: string): Answer {
    const location = query === '' ? `${path}/` : `${path}/?${query}`;
    return because(
      request,
      'the path lacks its last slash, and the redirect loses the body',
      redirect(location),
    );
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<Answer | Refusal | undefined> {
    const { path, query } = request.visit.target;
    const view = views.get(path);
    if (view === undefined && !views.has(`${path}/`))
      return because(request, 'the service has nothing at this path', NOT_FOUND);
    const { asked, claimed, form, trouble } = understood(request, query);
    if (form !== undefined) request.visit.form = form;
    if (trouble !== undefined) request.visit.reason = trouble.reason;
    const endpoint = request.method === 'POST' ? view?.endpoint : undefined;
    const received = await visits.receive(request, reply, { claimed }, endpoint);
    if (received === undefined) return undefined;
    if (view === undefined) return withoutSlash(request, path, query);
    if (request.method === 'OPTIONS') return options(ALLOW);
    if (request.method !== 'POST')
      return because(request, `${request.method} is not allowed here, only POST`, methodNotAllowed(ALLOW));
    return trouble?.answer ?? view.answer(asked, received, (ranges) => isAmong(request.ip, ranges));
  }

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const outcome = await answer(request, reply);
    if (outcome === undefined) return;
    if ('status' in outcome) return send(request, reply, outcome);
    request.visit.reason = outcome.reason;
    request.visit.cause = 'error' in outcome ? outcome.error : 'crash' in outcome ? 'crash' : 'blocked';
    if (!('blocked' in outcome)) return send(request, reply, refused(outcome));
    if (blocking !== 'forbidden') return visits.leave(request, reply, blocking);
    reply.code(403).type('text/plain').send(`403 Forbidden: ${outcome.reason}\n`);
  }

  /** No promise: Fastify would watch each until its answer has left. */
  function handle(request: FastifyRequest, reply: FastifyReply): void {
    respond(request, reply).catch((error) => {
      // What was given away without an answer can only be told of.
      if (reply.sent) logFailure(request.log, error);
      else reply.send(error);
    });
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: MOST_BODY_BYTES },
    async (_: unknown, body: Buffer) => body,
  );

  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    if (askToRetry(reply, error)) return sendUnavailable(reply, error);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) {
      send(request, reply, because(request, message, statusCode === 413 ? TOO_MUCH : BAD_REQUEST));
      return reply;
    }
    send(request, reply, because(request, logFailure(request.log, error).message, SERVER_ERROR));
    return reply;
  });
  app.setNotFoundHandler(handle);
  for (const path of Object.values(PATHS)) app.all(path, handle);
  if (keys !== undefined) app.get(KEYS_PATH, async (_, reply) => reply.send(await keys()));
}
