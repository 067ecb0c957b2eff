import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../guide/events.ts';
import type { RefusedCall } from '../options/choices.ts';
import { built } from '../pages/assets.ts';
import { renderCallPage, renderForeignPoster } from '../pages/call/document.ts';
import { CALL_PATHS, type PageSetup } from '../pages/call/messages.ts';
import { pageHeaders } from '../pages/headers.ts';
import type { Opening } from '../simulator/opening.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Random } from '../system/random.ts';
import type { Tickets } from '../system/signing.ts';
import { foreignOrigin, overProtocol, protocolOf, streamOrigin } from './call-origins.ts';
import { methodNotAllowed, send } from './django/answer.ts';
import { type MediaPorts, portProbes } from './port-probes.ts';
import { type Visits, visitOf } from './request-log.ts';

/** What a page's ticket allows: to attend a call, or to be told why there is none. */
export type PageTicket =
  | { readonly page: string; readonly call: string }
  | { readonly page: string; readonly error: ErrorCode };

export interface CallDoor {
  readonly simulator: Simulator;
  readonly random: Random;
  readonly tickets: Tickets<PageTicket>;
  /** How a token is answered that opens nothing: by a 403, or by a page that posts VideocallNotFound. */
  readonly refusedCall: RefusedCall;
  readonly addresses: {
    /** Where browsers should reach the simulator. */
    readonly browserUrl: string;
    /** The ports for video, where they are open. */
    readonly mediaPorts?: MediaPorts;
  };
  readonly visits: Visits;
}

/** The listener of guide 5.5 looks for this in the origin of each message. */
const NEEDED_IN_ORIGIN = 'videocall';
const MOST_WARNINGS = 20;
const NONCE_LENGTH = 22;

/** Anything but the letters of a host name or address with a port is not repeated in a header. */
const HOST = /^[a-z0-9.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i;

const REFUSALS: Record<Extract<Opening, { refused: unknown }>['refused'], string> = {
  missing: 'the address has no access_token',
  unknown: 'this access token was never issued here',
  expired: 'the access token has expired: its hour is over',
  revoked: 'the access token was revoked',
  completed: 'the access token is used up: its call has ended',
  shared: 'the access token already serves another validation, and --strict-tokens is on',
};

function frameHeaders(
  reply: FastifyReply,
  nonce: string,
  { connect = [], frame = [] }: { connect?: readonly string[]; frame?: readonly string[] } = {},
): FastifyReply {
  return reply.headers({
    'content-type': 'text/html; charset=utf-8',
    ...pageHeaders({
      'script-src': `'nonce-${nonce}'`,
      'style-src': `'nonce-${nonce}'`,
      'img-src': "'self' data:",
      'media-src': "'self' blob: mediastream:",
      // Named as well as 'self', which in a sandboxed frame WebKit does not match.
      'connect-src': ["'self'", ...connect].join(' '),
      ...(frame.length > 0 && { 'frame-src': frame.join(' ') }),
      'frame-ancestors': '*',
    }),
    // Together they let a parent with cross-origin isolation embed the frame, and harm no other.
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'cross-origin',
  });
}

/** Why there is no call, for the developer who looks at the error screen. */
function whyNoCall(opening: Opening): string | undefined {
  if ('refused' in opening) return REFUSALS[opening.refused];
  return 'error' in opening ? `${opening.error}: ${opening.reason}` : undefined;
}

/** `GET /call`: the frame's page. Guide 5.3. */
export async function callPage(app: FastifyInstance, door: CallDoor): Promise<void> {
  const css = built('call.css');
  const script = built('call.js');

  const warned = new Set<string>();
  /** Says, on the page and once in the log, that the guide's own listener will drop every event. */
  function warnOfName(protocol: 'http' | 'https', host: string): string {
    const better = overProtocol(protocol, door.addresses.browserUrl);
    const text = `this frame is served from ${host}, whose name does not contain "${NEEDED_IN_ORIGIN}", so the listener of guide 5.5 drops its events; use ${better}`;
    if (!warned.has(host) && warned.size < MOST_WARNINGS) app.log.warn(text);
    warned.add(host);
    return `mock-veridas: ${text}`;
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    page: string,
    opening: Opening,
  ): Promise<string> {
    const nonce = door.random.text(NONCE_LENGTH);
    const { reason } = visitOf(request);
    const note = reason && `mock-veridas: ${reason}`;
    if ('refused' in opening && door.refusedCall === 'forbidden') {
      frameHeaders(reply.code(403), nonce);
      return renderCallPage({ state: 'error', nonce, css, script, note });
    }
    const host = HOST.test(request.headers.host ?? '') ? (request.headers.host ?? '') : 'localhost';
    const protocol = protocolOf(request);
    const stream = streamOrigin(protocol, host, page);
    const called = 'callId' in opening ? opening : undefined;
    const error = 'error' in opening ? opening.error : 'VideocallNotFound';
    const ticket = await door.tickets.sign(
      called === undefined ? { page, error } : { page, call: called.callId },
    );
    const media = door.addresses.mediaPorts;
    const ports = media === undefined ? [] : portProbes(protocol, host, media);
    // What was said before this page came is not posted again.
    const after = (called?.view.posts.length ?? 0) - 1;
    const setup: PageSetup = {
      stream: `${stream}${CALL_PATHS.events}?ticket=${ticket}&after=${after}`,
      reports: `${stream}${CALL_PATHS.reports}?ticket=${ticket}`,
      ...(ports.length > 0 && { ports }),
    };
    const warning = host.includes(NEEDED_IN_ORIGIN) ? undefined : warnOfName(protocol, host);
    frameHeaders(reply, nonce, {
      connect: [`${protocol}://${host}`, stream, ...ports.map(({ url = '' }) => url)].filter(Boolean),
      frame: [foreignOrigin(protocol, host)],
    });
    return renderCallPage({ state: called?.view.state ?? 'error', nonce, css, script, setup, note, warning });
  }

  // What comes with a wrong method is refused for that, whatever its body.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (_: unknown, body: Readable) => void body.resume());
  app.route<{ Querystring: { access_token?: string; validation_id?: string } }>({
    method: ['GET', 'HEAD'],
    url: CALL_PATHS.page,
    async handler(request, reply) {
      const { access_token: accessToken = '', validation_id: validationId = '' } = request.query;
      const visit = visitOf(request);
      if (validationId !== '') visit.validationId = validationId;
      const endpoint = request.method === 'GET' ? 'call' : undefined;
      const reception = await door.visits.receive(request, reply, { accessToken }, endpoint);
      if (reception === undefined) return reply;
      const page = door.random.text(12).toLowerCase();
      const opening = await door.simulator.openings.open(
        accessToken,
        validationId,
        request.method === 'GET' ? page : undefined,
      );
      const reason = whyNoCall(opening);
      if (reason !== undefined) visit.reason = reason;
      if ('refused' in opening) {
        visit.cause = opening.refused;
        if (opening.isSuperseded) visit.isSuperseded = true;
      }
      if ('error' in opening) visit.cause = opening.error;
      if ('callId' in opening)
        await door.simulator.findings.note(opening.mistakes, opening.clientId, reception.at);
      return show(request, reply, page, opening);
    },
  });
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: CALL_PATHS.page,
    async handler(request, reply) {
      visitOf(request).reason = `${request.method} is not allowed here, only GET`;
      send(request, reply, methodNotAllowed('GET, HEAD'));
      return reply;
    },
  });
}

/** A frame within the frame, which posts for it: so an event comes from where no event should. */
export async function foreignPoster(
  app: FastifyInstance,
  { random }: Pick<CallDoor, 'random'>,
): Promise<void> {
  app.get<{ Querystring: { data?: string } }>(CALL_PATHS.foreign, async (request, reply) => {
    const nonce = random.text(NONCE_LENGTH);
    frameHeaders(reply, nonce);
    return renderForeignPoster(request.query.data ?? '', nonce);
  });
}
