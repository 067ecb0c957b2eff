import type { Token } from '../../domain/token.ts';
import type { SetupContext } from './setup-context.ts';
import type { Params } from './table.ts';

const toTokenValues = ({ accessToken, clientId }: Token) => ({ accessToken, clientId });

/** Tokens in each of their states. */
export const tokenStates = {
  async 'an access token exists'(stage: SetupContext, params: Params<'an access token exists'>) {
    const { access_token, age_seconds: age } = params;
    const known = access_token === undefined ? undefined : await stage.simulator.tokens.get(access_token);
    return toTokenValues(known === undefined ? await stage.newToken(params, age) : await stage.token(params));
  },

  async 'the access token has expired'(stage: SetupContext, params: Params<'the access token has expired'>) {
    const token = await stage.token(params);
    await stage.simulator.tokens.expire(token.accessToken);
    return toTokenValues(token);
  },

  async 'the access token has been revoked'(
    stage: SetupContext,
    params: Params<'the access token has been revoked'>,
  ) {
    const token = await stage.token(params);
    await stage.simulator.tokens.markRevoked(token.accessToken);
    return toTokenValues(token);
  },
};
