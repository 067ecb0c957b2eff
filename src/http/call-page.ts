import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../guide/events.ts';
import type { RefusedCall } from '../protocol/config.ts';
import type { PageSetup } from '../protocol/page.ts';
import type { Random } from '../random.ts';
import type { Tickets } from '../signing.ts';
import type { Opening } from '../simulator/calls.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { renderCallPage } from './call-html.ts';
import { methodNotAllowed, send } from './framework/answer.ts';
import { pairs } from './framework/urlencoded.ts';

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
  /** Two pages at once with one token are refused. */
  readonly strictTokens: boolean;
}

/** Path of the frame, and what belongs to it. Guide 5.3. */
export const CALL_PATHS = { page: '/call', events: '/call/events', reports: '/call/reports' } as const;

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

const built = (name: string) => readFileSync(new URL(`../../dist/browser/${name}`, import.meta.url), 'utf8');

/**
 * The origin of a page's stream. Browsers keep six streams to one host, and no more: under `*.localhost`, where
 * every name leads here, each page has a host of its own.
 */
const streamOrigin = (host: string, page: string) => {
  const [, name, port = ''] = /^([^:]*\.localhost)(:\d+)?$/i.exec(host) ?? [];
  return `http://${name === undefined ? host : `e-${page}.videocall.localhost${port}`}`;
};

function frameHeaders(reply: FastifyReply, nonce: string, origins: readonly string[]): FastifyReply {
  return reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      `style-src 'nonce-${nonce}'`,
      "img-src 'self' data:",
      "media-src 'self' blob: mediastream:",
      // Named as well as 'self', which in a sandboxed frame WebKit does not match.
      ["connect-src 'self'", ...origins].join(' '),
      "base-uri 'none'",
      "form-action 'none'",
      'frame-ancestors *',
    ].join('; '),
    // Together they let a parent with cross-origin isolation embed the frame, and harm no other.
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'cross-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
}

/** Why there is no call, for the developer who looks at the error screen. */
function noteOf(opening: Opening): string | undefined {
  if ('refused' in opening) return `mock-veridas: ${REFUSALS[opening.refused]}`;
  return 'error' in opening ? `mock-veridas: ${opening.error}` : undefined;
}

/** `GET /call`: the frame's page. Guide 5.3. */
export async function callPage(app: FastifyInstance, door: CallDoor): Promise<void> {
  const css = built('call-page.css');
  const script = built('call-page.js');

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    page: string,
    opening: Opening,
  ): Promise<string> {
    const nonce = door.random.text(22);
    const note = noteOf(opening);
    if ('refused' in opening && door.refusedCall === 'forbidden') {
      frameHeaders(reply.code(403), nonce, []);
      return renderCallPage({ state: 'error', nonce, css, script, note });
    }
    const host = HOST.test(request.headers.host ?? '') ? (request.headers.host ?? '') : 'localhost';
    const [own, stream] = [`http://${host}`, streamOrigin(host, page)];
    const called = 'callId' in opening ? opening : undefined;
    const error = 'error' in opening ? opening.error : 'VideocallNotFound';
    const ticket = await door.tickets.sign(
      called === undefined ? { page, error } : { page, call: called.callId },
    );
    // What was said before this page came is not posted again.
    const after = (called?.view.events.length ?? 0) - 1;
    const setup: PageSetup = {
      stream: `${stream}${CALL_PATHS.events}?ticket=${ticket}&after=${after}`,
      reports: `${stream}${CALL_PATHS.reports}?ticket=${ticket}`,
    };
    frameHeaders(reply, nonce, [...new Set([own, stream])]);
    return renderCallPage({ state: called?.view.state ?? 'error', nonce, css, script, setup, note });
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: CALL_PATHS.page,
    async handler(request, reply) {
      const query = new Map(pairs(request.url.split('?').slice(1).join('?')));
      const page = door.random.text(12).toLowerCase();
      const opening = await door.simulator.calls.open(
        query.get('access_token') ?? '',
        query.get('validation_id') ?? '',
        request.method === 'GET' ? page : undefined,
      );
      return show(request, reply, page, opening);
    },
  });
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: CALL_PATHS.page,
    handler: async (request, reply) => send(request, reply, methodNotAllowed('GET, HEAD')),
  });
}
