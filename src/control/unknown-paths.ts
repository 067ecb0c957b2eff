import type { FastifyInstance, RouteHandlerMethod } from 'fastify';

const METHODS = ['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];

/**
 * Registers `handler` for paths under the prefix that have no route. There must be a route for GET of the prefix itself.
 * `setNotFoundHandler` would register a route for every method that Node knows, which costs 2 % of a start.
 */
export function answerUnknownPaths(app: FastifyInstance, handler: RouteHandlerMethod): void {
  app.route({ method: METHODS, url: '', handler });
  app.route({ method: ['GET', ...METHODS], url: '/*', handler });
}
