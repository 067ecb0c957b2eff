import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { onceGone } from '../server/on-disconnect.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { ControlError, invalid, inWords, noClient } from './errors.ts';
import { type ControlAccess, guardControl } from './guard.ts';
import { callHandlers } from './handlers/calls.ts';
import { clientHandlers } from './handlers/clients.ts';
import { clockHandlers } from './handlers/clock.ts';
import { faultHandlers } from './handlers/faults.ts';
import type { Asked, Handlers } from './handlers/handler.ts';
import { journalHandlers } from './handlers/journal.ts';
import { stateHandlers } from './handlers/provider-states.ts';
import { scenarioHandlers } from './handlers/scenarios.ts';
import { type About, serverHandlers } from './handlers/server.ts';
import { tokenHandlers } from './handlers/tokens.ts';
import { validationHandlers } from './handlers/validations.ts';
import { check, type Mismatch } from './schema/mismatch.ts';
import { ADMIN } from './schema/paths.ts';
import { bodySchema, querySchema, type Route } from './schema/route.ts';
import { ROUTES } from './schema/routes.ts';

export interface ControlDoor {
  readonly simulator: Simulator;
  readonly access: ControlAccess;
  readonly about: About;
}

type Handler = (asked: Asked<string, Route>) => Promise<unknown>;
type Fields = Record<string, unknown>;

const NOTHING_BEYOND = () => [];

/** The control API: everything that a test or a person may see and steer. */
export async function control(
  app: FastifyInstance,
  { simulator, access, about }: ControlDoor,
): Promise<void> {
  const waiting = new Set<AbortController>();
  // A server does not close before it has answered.
  app.addHook('preClose', async () => {
    for (const controller of waiting) controller.abort();
  });

  /** The client that is named, which must exist. */
  async function clientNamed({ scoped }: Route, query: Fields, body: Fields): Promise<string | undefined> {
    if (!scoped) return undefined;
    const [id, other] = [body.client_id, query.client_id].filter((one) => one !== undefined) as string[];
    if (other !== undefined && other !== id) {
      throw invalid([
        { path: '/client_id', message: 'client_id: the query and the body name different clients' },
      ]);
    }
    if (id !== undefined && (await simulator.clients.get(id)) === undefined) throw noClient(id);
    return id;
  }

  /** Lets `handler` answer what fits `route`. */
  function answering(name: string, route: Route, handler: Handler) {
    const query = querySchema(route);
    const body = bodySchema(name, route);
    const beyond = (route.beyond ?? NOTHING_BEYOND) as () => Mismatch[];
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const asked = { query: request.query as Fields, body: (request.body ?? {}) as Fields };
      const found = [
        ...check({ schema: query, beyond: NOTHING_BEYOND }, asked.query),
        ...(body === undefined ? [] : check({ schema: body, beyond }, asked.body)),
      ];
      if (found.length > 0) throw invalid(found.map(inWords));
      const clientId = await clientNamed(route, asked.query, asked.body);
      const controller = new AbortController();
      waiting.add(controller);
      onceGone(reply.raw, () => {
        waiting.delete(controller);
        controller.abort();
      });
      const parameters = request.params as Record<string, string>;
      const answer = await handler({ ...asked, parameters, clientId, signal: controller.signal });
      if (route.contentType !== undefined) reply.type(route.contentType);
      const { status, otherwise } = route;
      return reply.code(otherwise?.when(answer as never) ? otherwise.status : status).send(answer);
    };
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
    ...stateHandlers(simulator),
  };
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const [method = '', url = ''] = name.split(' ');
    const handler = answering(name, route, handlers[name as keyof typeof ROUTES] as Handler);
    app.route({ method, url, config: { isOpen: route.open === true }, handler });
  }

  app.setNotFoundHandler(async ({ method, url }) => {
    throw new ControlError('not_found', `the control API has no ${method} ${url.split('?', 1)[0]}`, {
      hint: `GET ${ADMIN}/openapi.json describes it`,
    });
  });
}
