import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Client, isSecretOf } from '../domain/client.ts';
import type { Simulator } from '../simulator/simulator.ts';

const PATH = '/validas/v1/validation';

/**
 * As much of vali-Das as a video call needs: a validation id, and its confirmation (guide 5.3). The paths and
 * the `apikey` header are those of its public documentation; the key is a client's secret here.
 */
export async function validas(app: FastifyInstance, { simulator }: { simulator: Simulator }): Promise<void> {
  async function clientOf({ headers: { apikey } }: FastifyRequest): Promise<Client | undefined> {
    const key = typeof apikey === 'string' ? apikey : undefined;
    // Every client is compared, so that the time taken does not tell which one came near.
    return (await simulator.clients.list()).filter((client) => isSecretOf(client, key))[0];
  }
  const unauthorized = { message: 'the header apikey must be the client_secret of a client' };

  // What is uploaded with a validation is not looked at.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (_: unknown, body: Readable) => void body.resume());

  app.post(PATH, async (request, reply) => {
    const client = await clientOf(request);
    if (client === undefined) return reply.code(401).send(unauthorized);
    const { validationId } = await simulator.validations.create(client.clientId);
    return reply.code(201).send({ data: { id: validationId } });
  });

  app.put<{ Params: { id: string } }>(`${PATH}/:id/confirmation`, async (request, reply) => {
    const client = await clientOf(request);
    if (client === undefined) return reply.code(401).send(unauthorized);
    const isKnown = await simulator.validations.confirm(client.clientId, request.params.id);
    return isKnown
      ? reply.code(204).send()
      : reply.code(404).send({ message: 'there is no such validation' });
  });
}
