import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { andThen, type Eventual } from '../domain/eventual.ts';
import type { Explanation } from '../domain/explanation.ts';
import type { Endpoint } from '../domain/fault.ts';
import { getClaimedClients, type OAuthRequest, type Refusal } from '../domain/oauth.ts';
import type { Token } from '../domain/token.ts';
import { OAUTH_ERRORS } from '../guide/errors.ts';
import { PATHS, TOKEN_TYPE } from '../guide/oauth.ts';
import type { Blocking } from '../options/choices.ts';
import { isAmong } from '../server/address.ts';
import { askToRetry, logFailure, sendUnavailable } from '../server/failure.ts';
import { USED_AS_PROXY } from '../server/unreadable.ts';
import type { ReceivedRequest } from '../simulator/received-request.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { IsAmong } from '../simulator/tokens.ts';
import {
  type Answer,
  BAD_REQUEST,
  createJsonAnswer,
  createMethodNotAllowed,
  createOptionsAnswer,
  createRedirect,
  EMPTY_PAGE,
  FORM_TOO_LARGE,
  NOT_FOUND,
  SERVER_ERROR,
  sendAnswer,
} from './django/answer.ts';
import { parseBasicCredentials } from './django/basic.ts';
import { type Form, UnreadableForm } from './django/form.ts';
import { parsePairs } from './django/urlencoded.ts';
import { explainPath } from './explain-path.ts';
import { explainRequest } from './explain-request.ts';
import { forms } from './forms.ts';
import { getRequestContext, type RequestLog } from './request-log.ts';

/** Address of the JWTs' public keys (RFC 8414). The guide has no such address. */
const KEYS_PATH = '/o/.well-known/jwks.json';

const ALLOW = 'POST, OPTIONS';

/** A percent sign without two hex digits, by the imitated library's pattern. */
const BROKEN_ESCAPE = /%(?:[^0-9a-f]|[0-9a-f][^0-9a-f])/i;

export interface OAuthServices {
  readonly simulator: Simulator;
  readonly blocking: Blocking;
  /** The public keys of the tokens, if they are JWTs. */
  readonly publicKeys?: (() => Promise<unknown>) | undefined;
  readonly requestLog: RequestLog;
}

/** One endpoint of the authentication API. */
interface OAuthEndpoint {
  readonly endpoint: Endpoint;
  answer(request: OAuthRequest, received: ReceivedRequest, isAmong: IsAmong): Eventual<Answer | Refusal>;
}

/** The content of a request. */
function readAsked(query: string, authorization: string | undefined, form: Form = []): OAuthRequest {
  const fields = new Map(query === '' ? form : [...parsePairs(query), ...form]);
  return {
    query: query === '' ? 'none' : BROKEN_ESCAPE.test(query) ? 'malformed' : 'present',
    basic: parseBasicCredentials(authorization, fields.get('encoding') || 'utf-8'),
    fields,
  };
}

/** Clients send a whole URL to a proxy only. RFC 9112, 3.2.2. */
const isForProxy = ({ url }: FastifyRequest): boolean => /^https?:/i.test(url);

/** Records why a request gets this answer, and how to fix it. */
function withReason(
  request: FastifyRequest,
  { reason, fix }: Pick<Explanation, 'reason'> & Partial<Explanation>,
  answer: Answer,
): Answer {
  Object.assign(getRequestContext(request), { reason, fix });
  return answer;
}

/** Escapes everything beyond printable ASCII as JSON does. */
const escapeNonAscii = (text: string) =>
  text.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A JSON object of texts, spaced like the imitated service's. */
const formatJsonObject = (members: Readonly<Record<string, string>>) =>
  escapeNonAscii(
    `{${Object.entries(members)
      .map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
      .join(', ')}}`,
  );

/** Guide 5.2. Tokens and scopes contain no character that JSON must escape. */
const formatTokenBody = ({ accessToken, expiresIn, scope }: Token) =>
  `{"access_token": "${accessToken}", "expires_in": ${expiresIn}, "token_type": "${TOKEN_TYPE}", "scope": "${scope}"}`;

function toRefusalAnswer(refusal: Exclude<Refusal, { blocked: true }>): Answer {
  if ('crash' in refusal) return SERVER_ERROR;
  const { error, description, state } = refusal;
  const body = formatJsonObject({
    error,
    ...(description && { error_description: description }),
    ...(state && { state }),
  });
  const status = OAUTH_ERRORS[error];
  return createJsonAnswer(
    status,
    body,
    status === 401 ? { 'www-authenticate': `${TOKEN_TYPE}, error="${error}"` } : {},
  );
}

/** The authentication API, and the imitated framework's answers on all other paths. */
export async function oauthRoutes(
  app: FastifyInstance,
  { simulator, blocking, publicKeys, requestLog }: OAuthServices,
): Promise<void> {
  const views = new Map<string, OAuthEndpoint>([
    [
      PATHS.token,
      {
        endpoint: 'token',
        answer: (request, received, isAmong) =>
          andThen(simulator.tokens.issue(request, received, isAmong), (token) =>
            'accessToken' in token ? createJsonAnswer(200, formatTokenBody(token)) : token,
          ),
      },
    ],
    [
      PATHS.revoke,
      {
        endpoint: 'revoke',
        answer: async (request, received, isAmong) =>
          (await simulator.tokens.revoke(request, received, isAmong)) ?? EMPTY_PAGE,
      },
    ],
  ]);

  function redirectToSlash(request: FastifyRequest, path: string, query: string): Answer {
    const location = query === '' ? `${path}/` : `${path}/?${query}`;
    return withReason(
      request,
      {
        reason: 'the path has no trailing slash; the redirect drops the request body',
        fix: `send the request to ${path}/`,
      },
      createRedirect(location),
    );
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<Answer | Refusal | undefined> {
    const context = getRequestContext(request);
    const { path, query } = context.target;
    const view = views.get(path);
    if (view === undefined && !views.has(`${path}/`))
      return withReason(request, isForProxy(request) ? USED_AS_PROXY : explainPath(path), NOT_FOUND);
    const reading = request.readForm?.();
    // An urlencoded form is there at once, and a promise for each would cost more than reading it.
    const formOrProblem = reading instanceof Promise ? await reading : reading;
    const unreadable = formOrProblem instanceof UnreadableForm ? formOrProblem : undefined;
    if (unreadable !== undefined) {
      context.reason = unreadable.message;
      context.fix =
        'send an urlencoded form, or let your HTTP client write the multipart body and its Content-Type';
    }
    const form = formOrProblem instanceof UnreadableForm ? undefined : formOrProblem;
    if (form !== undefined) context.form = form;
    const asked = readAsked(query, request.headers.authorization, form);
    const claimed = getClaimedClients(asked);
    const endpoint = request.method === 'POST' ? view?.endpoint : undefined;
    const received = await requestLog.receive(request, reply, { claimed }, endpoint);
    if (received === undefined) return undefined;
    if (view === undefined) return redirectToSlash(request, path, query);
    if (request.method === 'OPTIONS') return createOptionsAnswer(ALLOW);
    if (request.method !== 'POST')
      return withReason(
        request,
        {
          reason: `${request.method} is not allowed; use POST`,
          fix: 'send a POST; if you did, a redirect turned it into a GET: add the trailing slash to the path',
        },
        createMethodNotAllowed(ALLOW),
      );
    if (unreadable !== undefined) return unreadable.answer;
    const outcome = await view.answer(asked, received, (ranges) => isAmong(context.from, ranges));
    if ('reason' in outcome) {
      const { reason, fix } = explainRequest(request, asked, form, outcome);
      Object.assign(context, { reason, fix });
    }
    return outcome;
  }

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const outcome = await answer(request, reply);
    if (outcome === undefined) return;
    if (!('reason' in outcome)) return sendAnswer(request, reply, outcome);
    const context = getRequestContext(request);
    context.cause = 'error' in outcome ? outcome.error : 'crash' in outcome ? 'crash' : 'blocked';
    if (!('blocked' in outcome)) return sendAnswer(request, reply, toRefusalAnswer(outcome));
    if (blocking !== 'forbidden') return requestLog.leaveUnanswered(request, reply, blocking);
    reply.code(403).type('text/plain').send(`403 Forbidden: ${context.reason}\n`);
  }

  /** Not async: Fastify would watch each promise until its response has been sent. */
  function handle(request: FastifyRequest, reply: FastifyReply): void {
    respond(request, reply).catch((error) => {
      // The reply was hijacked, so a failure can only be logged.
      if (reply.sent) logFailure(request.log, error);
      else reply.send(error);
    });
  }

  await app.register(forms);
  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    if (askToRetry(reply, error)) return sendUnavailable(reply, error);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) {
      sendAnswer(
        request,
        reply,
        withReason(request, { reason: message }, statusCode === 413 ? FORM_TOO_LARGE : BAD_REQUEST),
      );
      return reply;
    }
    sendAnswer(
      request,
      reply,
      withReason(request, { reason: logFailure(request.log, error).message }, SERVER_ERROR),
    );
    return reply;
  });
  app.setNotFoundHandler(handle);
  for (const path of Object.values(PATHS)) app.all(path, handle);
  if (publicKeys !== undefined) app.get(KEYS_PATH, async (_, reply) => reply.send(await publicKeys()));
}
