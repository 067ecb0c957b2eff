import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Client, isSecretOf } from '../domain/client.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { getRequestContext } from './request-context.ts';
import type { RequestLog } from './request-log.ts';

export const VALIDATION_PATH = '/validas/v1/validation';

/**
 * The part of vali-Das that a video call needs: create and confirm a validation id (guide 5.3). Paths and the `apikey` header
 * are those of its public documentation; here the key is a client's secret.
 */
export async function validasRoutes(
  app: FastifyInstance,
  { simulator, requestLog }: { simulator: Simulator; requestLog: RequestLog },
): Promise<void> {
  async function findClient({ headers: { apikey } }: FastifyRequest): Promise<Client | undefined> {
    const key = typeof apikey === 'string' ? apikey : undefined;
    // Compares every client, so that timing does not reveal a match.
    return (await simulator.clients.list()).filter((client) => isSecretOf(client, key))[0];
  }

  /** The client whose secret is the key; otherwise the request has been answered. */
  async function authenticate(request: FastifyRequest, reply: FastifyReply): Promise<Client | undefined> {
    const client = await findClient(request);
    await requestLog.receive(request, reply, { claimed: client === undefined ? [] : [client.clientId] });
    if (client === undefined)
      refuse(request, reply, 401, 'the header apikey must be the client_secret of a client');
    return client;
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, status: number, message: string) {
    getRequestContext(request).reason = message;
    return reply.code(status).send({ message });
  }

  // Uploaded data is ignored.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (_: unknown, body: Readable) => void body.resume());

  app.post(VALIDATION_PATH, async (request, reply) => {
    const client = await authenticate(request, reply);
    if (client === undefined) return reply;
    const validation = await simulator.validations.create(client.clientId);
    if (validation === undefined) return refuse(request, reply, 401, 'the client was removed');
    return reply.code(201).send({ data: { id: validation.validationId } });
  });

  app.put<{ Params: { id: string } }>(`${VALIDATION_PATH}/:id/confirmation`, async (request, reply) => {
    const client = await authenticate(request, reply);
    if (client === undefined) return reply;
    getRequestContext(request).validationId = request.params.id;
    const isKnown = await simulator.validations.confirm(client.clientId, request.params.id);
    return isKnown
      ? reply.code(204).send()
      : refuse(request, reply, 404, 'there is no validation with this id');
  });
}
