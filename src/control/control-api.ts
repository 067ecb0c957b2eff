import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { closestMatch } from '../domain/closest-match.ts';
import { renderControlPage } from '../pages/overview/document.ts';
import { onDisconnect } from '../server/on-disconnect.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { ControlError, createInvalidError, createUnknownClientError, toErrorDetail } from './errors.ts';
import { type ControlAccess, guardControl } from './guard.ts';
import { callHandlers } from './handlers/calls.ts';
import { clientHandlers } from './handlers/clients.ts';
import { clockHandlers } from './handlers/clock.ts';
import { coverageHandlers } from './handlers/coverage.ts';
import { faultHandlers } from './handlers/faults.ts';
import type { Handlers, RouteRequest } from './handlers/handler.ts';
import { journalHandlers } from './handlers/journal.ts';
import { providerStateHandlers } from './handlers/provider-states.ts';
import { scenarioHandlers } from './handlers/scenarios.ts';
import { type ServerInfo, serverHandlers } from './handlers/server.ts';
import { tokenHandlers } from './handlers/tokens.ts';
import { validationHandlers } from './handlers/validations.ts';
import { isForBrowser, sendPage } from './overview.ts';
import { check, type Mismatch } from './schema/mismatch.ts';
import { listRoutes, PAGES } from './schema/overview.ts';
import { ADMIN } from './schema/paths.ts';
import { createBodySchema, createQuerySchema, type Route } from './schema/route.ts';
import { ROUTES } from './schema/routes.ts';
import { answerUnknownPaths } from './unknown-paths.ts';

export interface ControlServices {
  readonly simulator: Simulator;
  readonly access: ControlAccess;
  readonly about: ServerInfo;
}

type Handler = (asked: RouteRequest<string, Route>) => Promise<unknown>;
type Fields = Record<string, unknown>;

/** The origin that browsers load the frame from. */
const frameOrigin = ({ protocol, port }: FastifyRequest): string =>
  `${protocol}://videocall.localhost${port === null ? '' : `:${port}`}`;

const encodeMetadata = (metadata: object): string => Buffer.from(JSON.stringify(metadata)).toString('base64');

const NO_EXTRA_CHECKS = () => [];

/** The methods of the routes at a path of the control API. */
function findMethods(path: string): string[] {
  const segments = path.split('/');
  return Object.keys(ROUTES).flatMap((name) => {
    const [method = '', pattern = ''] = name.split(' ');
    const parts = pattern.split('/');
    const isMatch =
      parts.length === segments.length &&
      parts.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]));
    return isMatch ? [method] : [];
  });
}

const FIXED_PATHS = Object.keys(ROUTES).flatMap((name) =>
  name.includes(':') ? [] : (name.split(' ')[1] ?? []),
);

/** The path that was probably meant by one that the control API does not have. */
function findSimilarPath(path: string): string | undefined {
  const bare = path.replace(/\/$/, '');
  return findMethods(bare).length > 0 ? bare : closestMatch(bare, FIXED_PATHS);
}

/** The control API, for tests and people. */
export async function controlRoutes(
  app: FastifyInstance,
  { simulator, access, about }: ControlServices,
): Promise<void> {
  const pendingRequests = new Set<AbortController>();
  // A server waits for open responses when it closes.
  app.addHook('preClose', async () => {
    for (const controller of pendingRequests) controller.abort();
  });

  /** The named client, which must exist. */
  async function resolveClientId(
    { scoped }: Route,
    query: Fields,
    body: Fields,
  ): Promise<string | undefined> {
    if (!scoped) return undefined;
    const [id, other] = [body.client_id, query.client_id].filter((one) => one !== undefined) as string[];
    if (other !== undefined && other !== id) {
      throw createInvalidError([
        {
          path: '/client_id',
          message: 'client_id: the query and the body name different clients; send it once',
        },
      ]);
    }
    if (id !== undefined && (await simulator.clients.get(id)) === undefined)
      throw createUnknownClientError(id);
    return id;
  }

  /** Answers a request with `handler` after checking it against `route`. */
  function createRouteHandler(name: string, route: Route, handler: Handler) {
    const query = createQuerySchema(route);
    const body = createBodySchema(name, route);
    const beyond = (route.beyond ?? NO_EXTRA_CHECKS) as () => Mismatch[];
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const asked = { query: request.query as Fields, body: (request.body ?? {}) as Fields };
      const problems = [
        ...check({ schema: query, beyond: NO_EXTRA_CHECKS }, asked.query),
        ...(body === undefined ? [] : check({ schema: body, beyond }, asked.body)),
      ];
      if (problems.length > 0) throw createInvalidError(problems.map(toErrorDetail));
      const clientId = await resolveClientId(route, asked.query, asked.body);
      const controller = new AbortController();
      pendingRequests.add(controller);
      onDisconnect(reply.raw, () => {
        pendingRequests.delete(controller);
        controller.abort();
      });
      const parameters = request.params as Record<string, string>;
      const answer = await handler({ ...asked, parameters, clientId, signal: controller.signal });
      if (route.contentType !== undefined) reply.type(route.contentType);
      if (route.metadata !== undefined)
        reply.header('Pact-Message-Metadata', encodeMetadata(route.metadata(frameOrigin(request))));
      const { status, otherwise } = route;
      return reply.code(otherwise?.when(answer as never) ? otherwise.status : status).send(answer);
    };
  }

  const otherPages = PAGES.filter((page) => page.path !== ADMIN);
  async function sendIndexToBrowser({ raw }: FastifyRequest, reply: FastifyReply) {
    if (isForBrowser(raw)) sendPage(reply, (css) => renderControlPage(css, otherPages, listRoutes(ROUTES)));
  }

  await guardControl(app, access);
  const handlers: Handlers<typeof ROUTES> = {
    ...serverHandlers(simulator, about),
    ...clientHandlers(simulator),
    ...tokenHandlers(simulator),
    ...clockHandlers(simulator),
    ...scenarioHandlers(simulator),
    ...validationHandlers(simulator),
    ...callHandlers(simulator),
    ...faultHandlers(simulator),
    ...journalHandlers(simulator),
    ...coverageHandlers(simulator),
    ...providerStateHandlers(simulator),
  };
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const [method = '', url = ''] = name.split(' ');
    const handler = createRouteHandler(name, route, handlers[name as keyof typeof ROUTES] as Handler);
    app.route({
      method,
      url,
      config: { isOpen: route.open === true },
      handler,
      ...(name === 'GET /' && { preHandler: sendIndexToBrowser }),
    });
  }

  answerUnknownPaths(app, async ({ method, url }) => {
    const [path = ''] = url.split('?', 1);
    const asked = path.slice(ADMIN.length);
    const methods = findMethods(asked);
    const only = methods.length === 0 ? '' : `, only ${methods.join(', ')}`;
    const meant = methods.length === 0 ? findSimilarPath(asked) : undefined;
    const question = meant === undefined ? '' : `did you mean ${ADMIN}${meant}? `;
    throw new ControlError('not_found', `the control API has no ${method} ${path}${only}`, {
      hint: `${question}GET ${ADMIN}/openapi.json describes it`,
    });
  });
}
