import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { readAsset } from '../pages/assets.ts';
import { createPageHeaders } from '../pages/headers.ts';
import { renderStartPage } from '../pages/overview/document.ts';
import { PAGES } from './schema/overview.ts';

/**
 * Whether a browser asks for a page, by its Accept header. Other programs accept everything or say nothing; Java's
 * HttpURLConnection lists HTML too.
 */
export const isForBrowser = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['user-agent']?.startsWith('Java/') !== true &&
  new Negotiator({ headers }).mediaType(['application/json', 'text/html']) === 'text/html';

/** Sends a page without scripts. */
export function sendPage(reply: FastifyReply, render: (css: string) => string): FastifyReply {
  const css = readAsset('overview.css');
  const headers = createPageHeaders({
    'style-src': `'sha256-${createHash('sha256').update(css).digest('base64')}'`,
    'img-src': "'self' data:",
    'frame-ancestors': "'none'",
  });
  return reply.headers(headers).type('text/html; charset=utf-8').send(render(css));
}

/** Lets a route at `/` answer browsers only, by the constraint `program: 'browser'`. */
export const programConstraint = {
  name: 'program',
  storage() {
    const handlers = new Map<string, never>();
    return {
      get: (key: string) => handlers.get(key) ?? null,
      set: (key: string, handler: never) => void handlers.set(key, handler),
    };
  },
  // Every request is asked, so the cheap question comes first.
  deriveConstraint: ({ url = '', headers }: IncomingMessage) =>
    /^\/(?:\?|$)/.test(url) && isForBrowser({ headers }) ? 'browser' : 'other',
};

/** `GET /` for browsers. For every other program there is no such route: it gets the 404 of the imitated service. */
export async function overviewRoutes(app: FastifyInstance): Promise<void> {
  app.get('/', { exposeHeadRoute: false, constraints: { program: 'browser' } }, (_, reply) =>
    sendPage(reply, (css) => renderStartPage(css, PAGES)),
  );
}
