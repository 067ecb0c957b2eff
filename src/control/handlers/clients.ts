import type { Simulator } from '../../simulator/simulator.ts';
import { clientAnswer, listAnswer } from '../answers.ts';
import { ControlError, invalid, noClient } from '../errors.ts';
import { clientFields } from '../schema/client-format.ts';
import type { CLIENT_ROUTES } from '../schema/clients.ts';
import type { Handlers } from './handler.ts';
import { nameMismatches } from './scenarios.ts';

/** Who may get tokens. */
export function clientHandlers({ clients, scenarios }: Simulator): Handlers<typeof CLIENT_ROUTES> {
  /** What a client is to be; what the schema cannot judge of it is judged here. */
  async function given(body: Parameters<typeof clientFields>[0], owner: string | undefined) {
    const fields = clientFields(body);
    const found = await nameMismatches(scenarios, fields.scenario, owner);
    if (found.length > 0) throw invalid(found);
    return fields;
  }

  return {
    async 'GET /clients'({ clientId }) {
      const all = await clients.list();
      return listAnswer(
        clientId === undefined ? all : all.filter((one) => one.clientId === clientId),
        clientAnswer,
      );
    },

    async 'POST /clients'({ body }) {
      const client = await clients.create(await given(body, undefined));
      if (client !== undefined) return clientAnswer(client);
      throw new ControlError('conflict', `client "${body.client_id}" exists`, {
        hint: 'PATCH changes it',
      });
    },

    async 'GET /clients/:client_id'({ parameters: { client_id } }) {
      const client = await clients.get(client_id);
      if (client === undefined) throw noClient(client_id);
      return clientAnswer(client);
    },

    async 'PATCH /clients/:client_id'({ parameters: { client_id }, body }) {
      const fields = await given(body, client_id);
      if (fields.clientId !== undefined && fields.clientId !== client_id)
        throw invalid([
          { path: '/client_id', message: 'client_id: a client keeps its id; create another client' },
        ]);
      const client = await clients.update(client_id, fields);
      if (client === undefined) throw noClient(client_id);
      return clientAnswer(client);
    },

    async 'DELETE /clients/:client_id'({ parameters: { client_id } }) {
      if (!(await clients.remove(client_id))) throw noClient(client_id);
    },
  };
}
