import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ForClient } from '../../protocol/control.ts';
import { ControlError, listAnswer, tokenAnswer } from './answers.ts';
import type { ControlDoor } from './door.ts';

type TokenRoute = { Params: { token: string } };

/** `/tokens`: every access token that was issued. */
export function tokenRoutes(app: FastifyInstance, { simulator, clientNamed }: ControlDoor): void {
  /** The token in the path, which must be the client's, if one is named. */
  async function tokenMeant(request: FastifyRequest<TokenRoute>) {
    const clientId = await clientNamed(request);
    const token = await simulator.tokens.get(request.params.token);
    if (token === undefined || token.token.clientId !== (clientId ?? token.token.clientId)) {
      throw new ControlError(
        'not_found',
        'this access token was never issued here',
        'GET /__admin/tokens lists them',
      );
    }
    return token;
  }

  app.get('/tokens', { schema: { querystring: ForClient } }, async (request) =>
    listAnswer(await simulator.tokens.list(await clientNamed(request)), tokenAnswer),
  );

  app.get<TokenRoute>('/tokens/:token', { schema: { querystring: ForClient } }, async (request) =>
    tokenAnswer(await tokenMeant(request)),
  );

  const forClient = { schema: { body: ForClient, querystring: ForClient } };
  app.post<TokenRoute>('/tokens/:token/expire', forClient, async (request, reply) => {
    const { token } = await tokenMeant(request);
    await simulator.tokens.expire(token.accessToken);
    return reply.code(204).send();
  });
}
