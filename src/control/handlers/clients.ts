import type { Simulator } from '../../simulator/simulator.ts';
import { toClientAnswer, toListAnswer } from '../answers.ts';
import { ControlError, createInvalidError, createUnknownClientError } from '../errors.ts';
import { toClientFields } from '../schema/client-format.ts';
import type { CLIENT_ROUTES } from '../schema/clients.ts';
import type { Handlers } from './handler.ts';
import { findNameProblems } from './scenarios.ts';

/** Clients and their credentials. */
export function clientHandlers({ clients, scenarios }: Simulator): Handlers<typeof CLIENT_ROUTES> {
  /** Parses a client, with the checks that its schema cannot make. */
  async function parseClient(body: Parameters<typeof toClientFields>[0], owner: string | undefined) {
    const fields = toClientFields(body);
    const problems = [
      ...(await findNameProblems(scenarios, fields.scenario, owner)),
      ...(await findNameProblems(scenarios, fields.nextScenario, owner, 'next_scenario')),
    ];
    if (problems.length > 0) throw createInvalidError(problems);
    return fields;
  }

  return {
    async 'GET /clients'({ clientId }) {
      const all = await clients.list();
      return toListAnswer(
        clientId === undefined ? all : all.filter((one) => one.clientId === clientId),
        toClientAnswer,
      );
    },

    async 'POST /clients'({ body }) {
      const client = await clients.create(await parseClient(body, undefined));
      if (client !== undefined) return toClientAnswer(client);
      throw new ControlError('conflict', `client "${body.client_id}" exists`, {
        hint: 'PATCH changes it',
      });
    },

    async 'GET /clients/:client_id'({ parameters: { client_id } }) {
      const client = await clients.get(client_id);
      if (client === undefined) throw createUnknownClientError(client_id);
      return toClientAnswer(client);
    },

    async 'PATCH /clients/:client_id'({ parameters: { client_id }, body }) {
      const fields = await parseClient(body, client_id);
      if (fields.clientId !== undefined && fields.clientId !== client_id)
        throw createInvalidError([
          {
            path: '/client_id',
            message: 'client_id: the id of a client cannot change; create another client',
          },
        ]);
      const client = await clients.update(client_id, fields);
      if (client === undefined) throw createUnknownClientError(client_id);
      return toClientAnswer(client);
    },

    async 'DELETE /clients/:client_id'({ parameters: { client_id } }) {
      if (!(await clients.remove(client_id))) throw createUnknownClientError(client_id);
    },
  };
}
