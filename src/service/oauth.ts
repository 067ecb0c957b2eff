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
import { type Form, UnreadableForm } from './django/form.ts';
import { pairs } from './django/urlencoded.ts';
import { forms } from './forms.ts';
import { type Visits, visitOf } from './request-log.ts';

/** Where the public keys of JWTs are found (RFC 8414). The guide has no such address. */
const KEYS_PATH = '/o/.well-known/jwks.json';

const ALLOW = 'POST, OPTIONS';

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

/** What a request asks for. */
function readAsked(query: string, authorization: string | undefined, form: Form = []): OAuthRequest {
  const fields = new Map(query === '' ? form : [...pairs(query), ...form]);
  return {
    query: query === '' ? 'none' : BROKEN_ESCAPE.test(query) ? 'malformed' : 'present',
    basic: basicCredentials(authorization, fields.get('encoding') || 'utf-8'),
    fields,
  };
}

/** Notes why a request is answered so. */
function because(request: FastifyRequest, reason: string, answer: Answer): Answer {
  visitOf(request).reason = reason;
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
    const visit = visitOf(request);
    const { path, query } = visit.target;
    const view = views.get(path);
    if (view === undefined && !views.has(`${path}/`))
      return because(request, 'the service has nothing at this path', NOT_FOUND);
    const read = await request.readForm?.();
    const unreadable = read instanceof UnreadableForm ? read : undefined;
    if (unreadable !== undefined) visit.reason = unreadable.message;
    const form = read instanceof UnreadableForm ? undefined : read;
    if (form !== undefined) visit.form = form;
    const asked = readAsked(query, request.headers.authorization, form);
    const claimed = claimedClients(asked);
    const endpoint = request.method === 'POST' ? view?.endpoint : undefined;
    const received = await visits.receive(request, reply, { claimed }, endpoint);
    if (received === undefined) return undefined;
    if (view === undefined) return withoutSlash(request, path, query);
    if (request.method === 'OPTIONS') return options(ALLOW);
    if (request.method !== 'POST')
      return because(request, `${request.method} is not allowed here, only POST`, methodNotAllowed(ALLOW));
    return unreadable?.answer ?? view.answer(asked, received, (ranges) => isAmong(request.ip, ranges));
  }

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const outcome = await answer(request, reply);
    if (outcome === undefined) return;
    if ('status' in outcome) return send(request, reply, outcome);
    const visit = visitOf(request);
    visit.reason = outcome.reason;
    visit.cause = 'error' in outcome ? outcome.error : 'crash' in outcome ? 'crash' : 'blocked';
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

  await app.register(forms);
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
