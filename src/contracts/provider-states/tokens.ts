import type { OAuthRequest } from '../../domain/oauth.ts';
import type { Token } from '../../domain/token.ts';
import type { SetupContext } from './setup-context.ts';
import type { Params } from './table.ts';

const toTokenValues = ({ accessToken, clientId }: Token) => ({ accessToken, clientId });

/** A request to revoke `token`, as its client sends it. */
const createRevocation = ({ accessToken }: Token, clientId: string, clientSecret: string): OAuthRequest => ({
  query: 'none',
  basic: { id: clientId, secret: clientSecret },
  fields: new Map([['token', accessToken]]),
});

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
    const { clientId, clientSecret } = await stage.client(token.clientId);
    const received = await stage.simulator.requests.receive({ claimed: [clientId] });
    await stage.simulator.tokens.revoke(
      createRevocation(token, clientId, clientSecret),
      received,
      () => true,
    );
    return toTokenValues(token);
  },
};
