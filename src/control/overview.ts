import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
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

/** Whether a browser asks for the page itself, and not by the simulator as its proxy. */
const isStartPage = (request: IncomingMessage): boolean =>
  /^\/(?:\?|$)/.test(request.url ?? '') && isForBrowser(request);

/**
 * `GET /` for browsers. Every other program gets the 404 of the imitated service, as if there were no such route.
 *
 * @param onBrowser called with the request of a browser
 */
export async function overviewRoutes(
  app: FastifyInstance,
  { onBrowser }: { readonly onBrowser: (request: FastifyRequest) => void },
): Promise<void> {
  // No constraint of the router, which would be derived from every request.
  app.get(
    '/',
    {
      exposeHeadRoute: false,
      onRequest(request, _reply, done) {
        if (isStartPage(request.raw)) onBrowser(request);
        done();
      },
    },
    ({ raw }, reply) => {
      if (!isStartPage(raw)) return reply.callNotFound();
      sendPage(reply, (css) => renderStartPage(css, PAGES));
    },
  );
}
