import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CALL_ROUTES } from '../../protocol/control/calls.ts';
import { CLIENT_ROUTES } from '../../protocol/control/clients.ts';
import { CLOCK_ROUTES } from '../../protocol/control/clock.ts';
import { FAULT_ROUTES } from '../../protocol/control/faults.ts';
import { JOURNAL_ROUTES } from '../../protocol/control/journal.ts';
import { ADMIN, bodySchema, querySchema, type Route, type Routes } from '../../protocol/control/route.ts';
import { SCENARIO_ROUTES } from '../../protocol/control/scenarios.ts';
import { SERVER_ROUTES } from '../../protocol/control/server.ts';
import { TOKEN_ROUTES } from '../../protocol/control/tokens.ts';
import { VALIDATION_ROUTES } from '../../protocol/control/validations.ts';
import { check, type Mismatch } from '../../protocol/mismatch.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { callHandlers } from './calls.ts';
import { clientHandlers } from './clients.ts';
import { clockHandlers } from './clock.ts';
import { ControlError, invalid, noClient } from './errors.ts';
import { faultHandlers } from './faults.ts';
import { type ControlAccess, guardControl } from './guard.ts';
import type { Asked, Handlers } from './handlers.ts';
import { journalHandlers } from './journal.ts';
import { scenarioHandlers } from './scenarios.ts';
import { type About, serverHandlers } from './server.ts';
import { tokenHandlers } from './tokens.ts';
import { validationHandlers } from './validations.ts';

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
    const id = scoped ? ((body.client_id ?? query.client_id) as string | undefined) : undefined;
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
      const faults = [
        ...check({ schema: query, beyond: NOTHING_BEYOND }, asked.query),
        ...(body === undefined ? [] : check({ schema: body, beyond }, asked.body)),
      ];
      if (faults.length > 0) throw invalid(faults.map(inWords));
      const clientId = await clientNamed(route, asked.query, asked.body);
      const controller = new AbortController();
      waiting.add(controller);
      reply.raw.once('close', () => {
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

  /** Lets `handlers` answer what is asked for by `table`. */
  function mount<R extends Routes>(table: R, handlers: Handlers<R>): void {
    for (const [name, route] of Object.entries(table)) {
      const [method = '', url = ''] = name.split(' ');
      const handler = answering(name, route, handlers[name] as Handler);
      app.route({ method, url, config: { isOpen: route.open === true }, handler });
    }
  }

  await guardControl(app, access);
  mount(SERVER_ROUTES, serverHandlers(simulator, about));
  mount(CLIENT_ROUTES, clientHandlers(simulator));
  mount(TOKEN_ROUTES, tokenHandlers(simulator));
  mount(CLOCK_ROUTES, clockHandlers(simulator));
  mount(SCENARIO_ROUTES, scenarioHandlers(simulator));
  mount(VALIDATION_ROUTES, validationHandlers(simulator));
  mount(CALL_ROUTES, callHandlers(simulator));
  mount(FAULT_ROUTES, faultHandlers(simulator));
  mount(JOURNAL_ROUTES, journalHandlers(simulator));

  app.setNotFoundHandler(async ({ method, url }) => {
    throw new ControlError('not_found', `the control API has no ${method} ${url.split('?', 1)[0]}`, {
      hint: `GET ${ADMIN}/openapi.json describes it`,
    });
  });
}

const inWords = ({ path, message }: Mismatch) => ({
  path: path.map((part) => `/${part}`).join(''),
  message,
});
