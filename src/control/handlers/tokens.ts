import type { Simulator } from '../../simulator/simulator.ts';
import { toPageAnswer, toTokenAnswer } from '../answers.ts';
import { ControlError } from '../errors.ts';
import { toPageRequest } from '../schema/page.ts';
import type { TOKEN_ROUTES } from '../schema/tokens.ts';
import type { Handlers } from './handler.ts';

/** Issued access tokens. */
export function tokenHandlers({ tokens }: Simulator): Handlers<typeof TOKEN_ROUTES> {
  /** A token, which must belong to the named client, if one is named. */
  async function findToken(accessToken: string, clientId: string | undefined) {
    const token = await tokens.get(accessToken);
    if (token !== undefined && token.token.clientId === (clientId ?? token.token.clientId)) return token;
    throw new ControlError('not_found', 'this access token was never issued here', {
      hint: 'GET /__admin/tokens lists them',
    });
  }

  return {
    'GET /tokens': async ({ query, clientId }) =>
      toPageAnswer(await tokens.list(toPageRequest(query, clientId)), toTokenAnswer),

    'GET /tokens/:token': async ({ parameters, clientId }) =>
      toTokenAnswer(await findToken(parameters.token, clientId)),

    async 'POST /tokens/:token/expire'({ parameters, clientId }) {
      const { token } = await findToken(parameters.token, clientId);
      await tokens.expire(token.accessToken);
    },
  };
}
