import type { FastifyInstance } from 'fastify';
import { isRange } from '../../address.ts';
import type { Client } from '../../domain/client.ts';
import { ClientBody, ForClient } from '../../protocol/control.ts';
import { ControlError, clientAnswer, listAnswer } from './answers.ts';
import { type ControlDoor, noClient } from './door.ts';

type ClientRoute = { Params: { client_id: string }; Body: ClientBody };

/** Body with either spelling of a key, as the domain names it. */
function clientFrom(body: ClientBody): Partial<Client> {
  const { client_id, client_secret, allowed_ips, allowedIps, grant_type, grantType, ...same } = body;
  const ips = allowed_ips ?? allowedIps;
  const grant = grant_type ?? grantType;
  return {
    ...same,
    ...(client_id !== undefined && { clientId: client_id }),
    ...(client_secret !== undefined && { clientSecret: client_secret }),
    ...(ips !== undefined && { allowedIps: ips }),
    ...(grant !== undefined && { grantType: grant }),
  };
}

/** `/clients`: who may get tokens. */
export function clientRoutes(
  app: FastifyInstance,
  { simulator, clientNamed, scenarioFaults }: ControlDoor,
): void {
  /** What the schema cannot judge of a client. */
  function check({ scenario, allowed_ips, allowedIps, grant_type, grantType }: ClientBody): void {
    const faults = [
      ...(allowed_ips ?? allowedIps ?? [])
        .filter((range) => !isRange(range))
        .map((range) => `allowed_ips: "${range}" is neither an IP address nor a range`),
      ...(allowed_ips && allowedIps ? ['allowed_ips: is also written as allowedIps'] : []),
      ...(grant_type && grantType ? ['grant_type: is also written as grantType'] : []),
      ...scenarioFaults(scenario),
    ];
    if (faults.length > 0) throw new ControlError('invalid', faults.join('; '));
  }

  app.get('/clients', { schema: { querystring: ForClient } }, async (request) => {
    const clientId = await clientNamed(request);
    const all = await simulator.clients.list();
    return listAnswer(
      clientId === undefined ? all : all.filter((one) => one.clientId === clientId),
      clientAnswer,
    );
  });

  app.post<{ Body: ClientBody }>('/clients', { schema: { body: ClientBody } }, async ({ body }, reply) => {
    check(body);
    const client = await simulator.clients.create(clientFrom(body));
    if (client === undefined) {
      throw new ControlError('conflict', `client "${body.client_id}" exists`, 'PATCH changes it');
    }
    return reply.code(201).send(clientAnswer(client));
  });

  app.get<ClientRoute>('/clients/:client_id', async ({ params }) => {
    const client = await simulator.clients.get(params.client_id);
    if (client === undefined) throw noClient(params.client_id);
    return clientAnswer(client);
  });

  app.patch<ClientRoute>(
    '/clients/:client_id',
    { schema: { body: ClientBody } },
    async ({ params, body }) => {
      check(body);
      if (body.client_id !== undefined && body.client_id !== params.client_id) {
        throw new ControlError('invalid', 'client_id: a client keeps its id', 'create another client');
      }
      const client = await simulator.clients.update(params.client_id, clientFrom(body));
      if (client === undefined) throw noClient(params.client_id);
      return clientAnswer(client);
    },
  );

  app.delete<ClientRoute>('/clients/:client_id', async ({ params }, reply) => {
    if (!(await simulator.clients.remove(params.client_id))) throw noClient(params.client_id);
    return reply.code(204).send();
  });
}
