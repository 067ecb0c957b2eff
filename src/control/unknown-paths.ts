import type { FastifyInstance, RouteHandlerMethod } from 'fastify';

const METHODS = ['DELETE', 'PATCH', 'POST', 'PUT'];

/**
 * Answers what a prefix has no route for; there must be one for GET of the prefix itself. A not-found handler would be a route
 * for each of Node's thirty methods, which takes a fiftieth of a start.
 */
export function answerUnknownPaths(app: FastifyInstance, handler: RouteHandlerMethod): void {
  app.route({ method: METHODS, url: '', handler });
  app.route({ method: ['GET', ...METHODS], url: '/*', handler });
}
