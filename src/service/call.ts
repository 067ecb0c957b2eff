import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { RowName } from '../domain/answer-profile.ts';
import { findMisspeltName } from '../domain/closest-match.ts';
import type { ProfileAnswer } from '../domain/early-2021.ts';
import { type Explanation, explainAccessToken, explainMisspeltName } from '../domain/explanation.ts';
import type { ErrorCode } from '../guide/events.ts';
import type { RefusedCall } from '../options/choices.ts';
import { readAsset } from '../pages/assets.ts';
import { renderCallPage, renderForeignPoster } from '../pages/call/document.ts';
import { CALL_PATHS, type PageSetup } from '../pages/call/messages.ts';
import { LANGUAGES, type Language, TEXTS } from '../pages/call/texts.ts';
import { createPageHeaders } from '../pages/headers.ts';
import type { Metrics } from '../server/metrics.ts';
import type { Opening } from '../simulator/opening.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Random } from '../system/random.ts';
import type { Tickets } from '../system/signing.ts';
import { getProtocol, listOrigins, withProtocol } from './call-origins.ts';
import type { Answers } from './django/answer.ts';
import { createPortProbes, type MediaPorts } from './port-probes.ts';
import { getRequestContext } from './request-context.ts';
import type { RequestLog } from './request-log.ts';

/** What a page's ticket permits: to attend a call, or to receive the reason why there is none. */
export type PageTicket =
  | { readonly page: string; readonly call: string }
  | {
      readonly page: string;
      readonly error: ErrorCode;
      /** The client of its token, if that is known; tickets of older releases do not say it. */
      readonly client?: string;
    };

type CallQuery = Readonly<Record<string, string>>;

export interface CallServices {
  readonly simulator: Simulator;
  readonly random: Random;
  readonly tickets: Tickets<PageTicket>;
  readonly answers: Answers;
  /** How to answer a token that opens no call, if not by the profile. */
  readonly refusedCall: RefusedCall | undefined;
  readonly addresses: {
    /** The address for browsers. */
    readonly browserUrl: string;
    /** The ports for video, if they are open. */
    readonly mediaPorts?: MediaPorts;
  };
  readonly requestLog: RequestLog;
  readonly metrics: Pick<Metrics, 'countCall'>;
}

/** The listener of guide 5.5 looks for this in the origin of each message. */
const REQUIRED_IN_ORIGIN = 'videocall';
const NONCE_LENGTH = 22;

/** A Host header with other characters is not repeated in a response header. */
const HOST_PATTERN = /^[a-z0-9.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i;

const REFUSALS: Record<Extract<Opening, { refused: unknown }>['refused'], Explanation> = {
  missing: {
    reason: 'the URL has no access_token',
    fix: 'add the access token from /o/token/ to the URL of the frame',
  },
  unknown: {
    reason: 'this access token was never issued here',
    fix: 'get the token from this simulator; a restart or reset forgets all tokens',
  },
  expired: {
    reason: 'the access token has expired',
    fix: 'get the token when you are about to show the frame',
  },
  revoked: {
    reason: 'the access token was revoked',
    fix: 'do not revoke the token before the call has ended',
  },
  completed: {
    reason: 'the access token is used up: its call has ended',
    fix: 'get a new token for every call',
  },
  shared: {
    reason: 'the access token already belongs to another validation, which --strict-tokens refuses',
    fix: 'get a new token for every user',
  },
};

function setFrameHeaders(
  reply: FastifyReply,
  nonce: string,
  { connect = [], frame = [] }: { connect?: readonly string[]; frame?: readonly string[] } = {},
): FastifyReply {
  return reply.headers({
    'content-type': 'text/html; charset=utf-8',
    ...createPageHeaders({
      'script-src': `'nonce-${nonce}'`,
      'style-src': `'nonce-${nonce}'`,
      'img-src': "'self' data:",
      'media-src': "'self' blob: mediastream:",
      // Named in addition to 'self', which WebKit does not match in a sandboxed frame.
      'connect-src': ["'self'", ...connect].join(' '),
      ...(frame.length > 0 && { 'frame-src': frame.join(' ') }),
      // No frame-ancestors: even `*` shuts out parents without a network origin, such as file: and about:blank.
    }),
    // Together these let a cross-origin isolated parent embed the frame; others are not affected.
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'cross-origin',
  });
}

/** The language of a browser's user, as far as the page has it. */
const chooseLanguage = ({ headers }: FastifyRequest): Language =>
  LANGUAGES.find((one) => one === new Negotiator({ headers }).language([...LANGUAGES])) ?? LANGUAGES[0];

/** A parameter of the URL that is there under another name, such as accessToken. */
function explainParameter(name: string, query: CallQuery): Explanation | undefined {
  if (Object.hasOwn(query, `amp;${name}`))
    return {
      reason: 'the URL has &amp; between its parameters',
      fix: 'write & alone: &amp; is only for HTML',
    };
  const written = findMisspeltName(name, Object.keys(query));
  return written === undefined
    ? undefined
    : explainMisspeltName('the URL', name, written, query[written] ?? '');
}

/** Why there is no call: the reason is also for the developer who reads the error screen. */
function explainOpening(opening: Opening, query: CallQuery): Explanation | undefined {
  const { access_token: accessToken = '', validation_id: validationId = '' } = query;
  if ('refused' in opening) {
    const { refused } = opening;
    if (refused === 'missing') return explainParameter('access_token', query) ?? REFUSALS.missing;
    return (refused === 'unknown' ? explainAccessToken(accessToken) : undefined) ?? REFUSALS[refused];
  }
  if (!('error' in opening)) return undefined;
  const misspelt = validationId === '' ? explainParameter('validation_id', query) : undefined;
  return misspelt ?? { reason: `${opening.error}: ${opening.reason}`, fix: opening.fix };
}

/** The answers that `--refused-call` selects. */
const REFUSED_CALL_ANSWERS: Readonly<Record<RefusedCall, ProfileAnswer>> = {
  forbidden: { status: 403 },
  event: { status: 200, event: 'VideocallNotFound' },
};

function findRow(opening: Opening, validationId: string): RowName {
  if ('refused' in opening)
    return opening.refused === 'shared' ? 'call_completed_token' : `call_${opening.refused}_token`;
  return 'error' in opening && validationId === '' ? 'call_no_validation' : 'call';
}

/** `GET /call`: the frame's page. Guide 5.3. */
export async function callRoutes(app: FastifyInstance, services: CallServices): Promise<void> {
  async function renderPage(
    request: FastifyRequest,
    reply: FastifyReply,
    page: string,
    opening: Opening,
    row: RowName,
    accessToken: string,
  ): Promise<string | FastifyReply> {
    const { refusedCall, answers } = services;
    const answer =
      'refused' in opening && refusedCall !== undefined
        ? REFUSED_CALL_ANSWERS[refusedCall]
        : answers.profile.answers[row];
    if (answer.body !== undefined || typeof answer.headers?.location === 'string') {
      const { path, query } = getRequestContext(request).target;
      answers.send(request, reply, row, {
        values: { path, query: query === '' ? '' : `?${query}`, access_token: accessToken },
      });
      return reply;
    }
    reply.code(answer.status);
    const nonce = services.random.text(NONCE_LENGTH);
    const { reason } = getRequestContext(request);
    const language = chooseLanguage(request);
    const note = reason && `mock-veridas: ${reason}`;
    const assets = { css: readAsset('call.css'), script: readAsset('call.js') };
    const event = row === 'call' && 'error' in opening ? opening.error : answer.event;
    if (!('callId' in opening) && !event) {
      setFrameHeaders(reply, nonce);
      return renderCallPage({ state: 'error', language, nonce, ...assets, note });
    }
    const host = HOST_PATTERN.test(request.headers.host ?? '') ? (request.headers.host ?? '') : 'localhost';
    const protocol = getProtocol(request);
    const ownHost = `e-${page}.videocall.localhost`;
    const opened = 'callId' in opening ? opening : undefined;
    const client = getRequestContext(request).received?.clientId ?? '';
    const ticket = await services.tickets.sign(
      opened === undefined ? { page, error: event as ErrorCode, client } : { page, call: opened.callId },
    );
    const media = services.addresses.mediaPorts;
    const ports = media === undefined ? [] : createPortProbes(host, media);
    // A new page does not repeat events from before it opened.
    const after = (opened?.view.posts.length ?? 0) - 1;
    const { connection, browser } = TEXTS[language];
    const setup: PageSetup = {
      stream: `${CALL_PATHS.events}?ticket=${ticket}&after=${after}`,
      reports: `${CALL_PATHS.reports}?ticket=${ticket}`,
      ownHost,
      ...(ports.length > 0 && { ports }),
      texts: { connection, browser },
    };
    const suggestedUrl = withProtocol(protocol, services.addresses.browserUrl);
    const warning = host.includes(REQUIRED_IN_ORIGIN)
      ? undefined
      : `mock-veridas: this frame is served from ${host}, which does not contain "${REQUIRED_IN_ORIGIN}", so the listener from guide 5.5 drops its events; use ${suggestedUrl}`;
    setFrameHeaders(reply, nonce, {
      connect: [
        ...listOrigins(host.replace(/:\d+$/, ''), ownHost),
        ...ports.flatMap(({ url }) => (url === undefined ? [] : [`http:${url}`, `https:${url}`])),
      ],
      frame: ["'self'", ...listOrigins('elsewhere.localhost', 'localhost', '127.0.0.1')],
    });
    const state = opened?.view.state ?? 'error';
    return renderCallPage({ state, language, nonce, ...assets, setup, note, warning });
  }

  // A wrong method is rejected before its body is read.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (_: unknown, body: Readable) => void body.resume());
  app.route<{ Querystring: CallQuery }>({
    method: ['GET', 'HEAD'],
    url: CALL_PATHS.page,
    async handler(request, reply) {
      const { access_token: accessToken = '', validation_id: validationId = '' } = request.query;
      const context = getRequestContext(request);
      if (validationId !== '') context.validationId = validationId;
      const endpoint = request.method === 'GET' ? 'call' : undefined;
      const received = await services.requestLog.receive(request, reply, { accessToken }, endpoint);
      if (received === undefined) return reply;
      const page = services.random.text(12).toLowerCase();
      const opening = await services.simulator.openings.open(
        accessToken,
        validationId,
        request.method === 'GET'
          ? { id: page, ...(request.headers.accept?.includes('text/html') && { isShown: true }) }
          : undefined,
      );
      Object.assign(context, explainOpening(opening, request.query));
      if ('refused' in opening) {
        context.cause = opening.refused;
        if (opening.isSuperseded) context.isSuperseded = true;
      }
      if ('error' in opening) {
        context.cause = opening.error;
        if (opening.isScripted) context.isIntended = true;
      }
      if ('callId' in opening) {
        if (opening.isNew && request.method === 'GET') services.metrics.countCall();
        await services.simulator.findings.note(opening.mistakes, opening.clientId, received.at);
      }
      return renderPage(request, reply, page, opening, findRow(opening, validationId), accessToken);
    },
  });
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: CALL_PATHS.page,
    async handler(request, reply) {
      Object.assign(getRequestContext(request), {
        reason: `${request.method} is not allowed; use GET`,
        fix: 'open this URL in an iframe, as the guide shows',
      });
      services.answers.send(request, reply, 'call_method');
      return reply;
    },
  });
}

/** A nested frame that posts on behalf of the call's frame, so that an event has a wrong origin. */
export async function foreignPosterRoutes(
  app: FastifyInstance,
  { random }: Pick<CallServices, 'random'>,
): Promise<void> {
  app.get<{ Querystring: { data?: string } }>(CALL_PATHS.foreign, async (request, reply) => {
    const nonce = random.text(NONCE_LENGTH);
    setFrameHeaders(reply, nonce);
    return renderForeignPoster(request.query.data ?? '', nonce);
  });
}
