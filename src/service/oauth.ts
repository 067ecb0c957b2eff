import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isGranted, type RowName } from '../domain/answer-profile.ts';
import { andThen, type Eventual, isPending } from '../domain/eventual.ts';
import type { Explanation } from '../domain/explanation.ts';
import type { Endpoint } from '../domain/fault.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { getClaimedClients, type OAuthRequest, type Refusal } from '../domain/oauth.ts';
import { PATHS } from '../guide/oauth.ts';
import type { Blocking } from '../options/choices.ts';
import { isAmong } from '../server/address.ts';
import { askToRetry, logFailure, sendUnavailable } from '../server/failure.ts';
import { USED_AS_PROXY } from '../server/unreadable.ts';
import type { ReceivedRequest } from '../simulator/received-request.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { IsAmong, ToEntry } from '../simulator/tokens.ts';
import type { AnswerParts, Answers, Values } from './django/answer.ts';
import { DEFAULT_ENCODING, parseBasicCredentials } from './django/basic.ts';
import { type Form, UnreadableForm } from './django/form.ts';
import { parsePairs } from './django/urlencoded.ts';
import { explainPath } from './explain-path.ts';
import { explainRequest } from './explain-request.ts';
import { forms } from './forms.ts';
import { getRequestContext } from './request-context.ts';
import type { RequestLog } from './request-log.ts';

/** Address of the JWTs' public keys (RFC 8414). The guide has no such address. */
const KEYS_PATH = '/o/.well-known/jwks.json';

/** A percent sign without two hex digits, by the imitated library's pattern. */
const BROKEN_ESCAPE = /%(?:[^0-9a-f]|[0-9a-f][^0-9a-f])/i;

export interface OAuthServices {
  readonly simulator: Simulator;
  readonly answers: Answers;
  readonly blocking: Blocking;
  /** The public keys of the tokens, if they are JWTs. */
  readonly publicKeys?: (() => Promise<unknown>) | undefined;
  readonly requestLog: RequestLog;
}

/** An answer of the profile. */
interface Answer extends AnswerParts {
  readonly row: RowName;
  /** It has revoked a token of its client. */
  readonly hasRevoked?: boolean;
}

/** One endpoint of the authentication API. */
interface OAuthEndpoint {
  readonly endpoint: Endpoint;
  answer(
    request: OAuthRequest,
    received: ReceivedRequest,
    isAmong: IsAmong,
    toEntry: ToEntry,
  ): Eventual<Answer | Refusal>;
}

/** The content of a request. */
function readAsked(
  query: string,
  { headers, writtenAs }: FastifyRequest,
  form: Form = [],
  row: OAuthRequest['row'] = undefined,
): OAuthRequest {
  const fields = new Map(query === '' ? form : [...parsePairs(query), ...form]);
  return {
    // A granted GET has nothing but a query.
    query: query === '' || row === 'token_get' ? 'none' : BROKEN_ESCAPE.test(query) ? 'malformed' : 'present',
    basic: parseBasicCredentials(headers.authorization, fields.get('encoding') || DEFAULT_ENCODING),
    by: writtenAs,
    row,
    fields,
  };
}

/** What an answer may repeat of a request. */
const nameFields = (asked: OAuthRequest): Values => ({
  client_id: getClaimedClients(asked)[0] ?? '',
  access_token: asked.fields.get('token') ?? '',
});

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

/** The authentication API, and the imitated framework's answers on all other paths. */
export async function oauthRoutes(
  app: FastifyInstance,
  { simulator, answers, blocking, publicKeys, requestLog }: OAuthServices,
): Promise<void> {
  const views = new Map<string, OAuthEndpoint>([
    [
      PATHS.token,
      {
        endpoint: 'token',
        answer: (request, received, isAmong, toEntry) =>
          andThen(simulator.tokens.issue(request, received, isAmong, toEntry), (issued) => {
            if (!('token' in issued)) return issued;
            const { accessToken, expiresIn, scope } = issued.token;
            const values = { access_token: accessToken, expires_in: String(expiresIn), scope };
            return { row: issued.row, values };
          }),
      },
    ],
    [
      PATHS.revoke,
      {
        endpoint: 'revoke',
        answer: async (request, received, isAmong) => {
          const revoked = await simulator.tokens.revoke(request, received, isAmong);
          return 'reason' in revoked ? revoked : { ...revoked, values: nameFields(request) };
        },
      },
    ],
  ]);

  const { profile } = answers;
  const isSlashOptional = isGranted(profile, 'missing_slash');
  const isGetGranted = isGranted(profile, 'token_get');

  function redirectToSlash(request: FastifyRequest, path: string, query: string): Answer {
    return withReason(
      request,
      {
        reason: 'the path has no trailing slash; the redirect drops the request body',
        fix: `send the request to ${path}/`,
      },
      { row: 'missing_slash', values: { path, query: query === '' ? '' : `?${query}` } },
    );
  }

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Answer | 'blocked' | undefined> {
    const context = getRequestContext(request);
    const { path, query } = context.target;
    const withSlash = views.get(path);
    const withoutSlash = withSlash === undefined ? views.get(`${path}/`) : undefined;
    if (withSlash === undefined && withoutSlash === undefined) {
      const answered: Answer = { row: 'unknown_path', values: { path } };
      return withReason(request, isForProxy(request) ? USED_AS_PROXY : explainPath(path), answered);
    }
    const view = withSlash ?? (isSlashOptional ? withoutSlash : undefined);
    const isTokenGet = request.method === 'GET' && view?.endpoint === 'token';
    const isGrantedGet = isTokenGet && isGetGranted;
    const reading = request.readForm?.();
    // An urlencoded form is there at once, and a promise for each would cost more than reading it.
    const formOrProblem = isPending(reading) ? await reading : reading;
    const unreadable = formOrProblem instanceof UnreadableForm ? formOrProblem : undefined;
    if (unreadable !== undefined) {
      context.reason = unreadable.message;
      context.fix =
        'send an urlencoded form, or let your HTTP client write the multipart body and its Content-Type';
    }
    const form = formOrProblem instanceof UnreadableForm ? undefined : formOrProblem;
    if (form !== undefined) context.form = form;
    const special = isGrantedGet ? 'token_get' : withSlash === undefined ? 'missing_slash' : undefined;
    const asked = readAsked(query, request, form, special);
    const claimed = getClaimedClients(asked);
    const isServed = request.method === 'POST' || isGrantedGet;
    const endpoint = isServed ? view?.endpoint : undefined;
    const receiving = requestLog.receive(request, reply, { claimed }, endpoint);
    const received = isPending(receiving) ? await receiving : receiving;
    if (received === undefined) return undefined;
    if (view === undefined) return redirectToSlash(request, path, query);
    if (request.method === 'OPTIONS') return { row: 'options' };
    if (!isServed)
      return withReason(
        request,
        {
          reason: `${request.method} is not allowed; use POST`,
          fix: 'send a POST; if you did, a redirect turned it into a GET: add the trailing slash to the path',
        },
        { row: isTokenGet ? 'token_get' : 'method_not_allowed' },
      );
    if (unreadable !== undefined) return { row: unreadable.row };
    const toEntry: ToEntry = (now, row) => {
      entry = requestLog.toEntry(request, now, profile.answers[row].status);
      return entry;
    };
    let entry: JournalEntry | undefined;
    const answering = view.answer(asked, received, (ranges) => isAmong(context.from, ranges), toEntry);
    const outcome = isPending(answering) ? await answering : answering;
    if (!('reason' in outcome)) {
      if (entry !== undefined) context.entry = entry;
      if (outcome.hasRevoked) context.hasRevoked = true;
      return outcome;
    }
    const { reason, fix } = explainRequest(request, asked, form, outcome);
    const cause = 'error' in outcome ? outcome.error : 'blocked';
    Object.assign(context, { reason, fix, cause });
    if ('blocked' in outcome) return 'blocked';
    return { row: outcome.row, state: outcome.state, values: { ...nameFields(asked), path } };
  }

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const outcome = await answer(request, reply);
    if (outcome === undefined) return;
    if (outcome !== 'blocked') return answers.send(request, reply, outcome.row, outcome);
    if (blocking !== 'forbidden') return requestLog.leaveUnanswered(request, reply, blocking);
    reply
      .code(403)
      .type('text/plain')
      .send(`403 Forbidden: ${getRequestContext(request).reason}\n`);
  }

  /** Not async: Fastify would watch each promise until its response has been sent. */
  function handle(request: FastifyRequest, reply: FastifyReply): void {
    respond(request, reply).catch((error) => {
      // The reply was hijacked, so a failure can only be logged.
      if (reply.sent) logFailure(request.log, error);
      else reply.send(error);
    });
  }

  await app.register(forms, {
    isJsonRead: isGranted(profile, 'token_json') || isGranted(profile, 'revoke_json'),
  });
  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    if (askToRetry(reply, error)) return sendUnavailable(reply, error);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) {
      getRequestContext(request).reason = message;
      answers.send(request, reply, statusCode === 413 ? 'form_too_large' : 'unreadable_form');
      return reply;
    }
    getRequestContext(request).reason = logFailure(request.log, error).message;
    answers.send(request, reply, 'crash');
    return reply;
  });
  app.setNotFoundHandler(handle);
  for (const path of Object.values(PATHS)) app.all(path, handle);
  if (publicKeys !== undefined) app.get(KEYS_PATH, async (_, reply) => reply.send(await publicKeys()));
}
