import type { FastifyInstance } from 'fastify';
import { ForClient } from '../../protocol/control.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { ControlError } from './answers.ts';
import { callRoutes } from './calls.ts';
import { clientRoutes } from './clients.ts';
import { clockRoutes } from './clock.ts';
import { controlDoor } from './door.ts';
import { type ControlAccess, guardControl } from './guard.ts';
import { tokenRoutes } from './tokens.ts';
import { validationRoutes } from './validations.ts';

/** Path under which everything stands that the imitated service does not have. */
export const ADMIN = '/__admin';

/** The control API: everything that a test or a person may see and steer. */
export async function control(
  app: FastifyInstance,
  { simulator, access }: { simulator: Simulator; access: ControlAccess },
): Promise<void> {
  await guardControl(app, access);
  const door = controlDoor(simulator);

  const reset = { schema: { body: ForClient, querystring: ForClient } };
  app.post<{ Body: ForClient }>('/reset', reset, async (request, reply) => {
    await simulator.reset(await door.clientNamed(request));
    return reply.code(204).send();
  });
  clientRoutes(app, door);
  tokenRoutes(app, door);
  clockRoutes(app, door);
  validationRoutes(app, door);
  callRoutes(app, door);

  app.setNotFoundHandler(async ({ method, url }) => {
    throw new ControlError('not_found', `the control API has no ${method} ${url.split('?', 1)[0]}`);
  });
}
