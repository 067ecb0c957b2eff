import type { OAuthRequest } from '../../domain/oauth.ts';
import type { Token } from '../../domain/token.ts';
import type { Stage } from './stage.ts';
import type { Params } from './table.ts';

const named = ({ accessToken, clientId }: Token) => ({ accessToken, clientId });

/** A request to revoke `token`, as its client sends it. */
const revocationOf = ({ accessToken }: Token, clientId: string, clientSecret: string): OAuthRequest => ({
  query: 'none',
  basic: { id: clientId, secret: clientSecret },
  fields: new Map([['token', accessToken]]),
});

/** Tokens, and what has become of them. */
export const tokenStates = {
  async 'an access token exists'(stage: Stage, params: Params<'an access token exists'>) {
    const { access_token, age_seconds: age } = params;
    const known = access_token === undefined ? undefined : await stage.simulator.tokens.get(access_token);
    return named(known === undefined ? await stage.newToken(params, age) : await stage.token(params));
  },

  async 'the access token has expired'(stage: Stage, params: Params<'the access token has expired'>) {
    const token = await stage.token(params);
    await stage.simulator.tokens.expire(token.accessToken);
    return named(token);
  },

  async 'the access token has been revoked'(
    stage: Stage,
    params: Params<'the access token has been revoked'>,
  ) {
    const token = await stage.token(params);
    const { clientId, clientSecret } = await stage.client(token.clientId);
    const received = await stage.simulator.requests.receive({ claimed: [clientId] });
    await stage.simulator.tokens.revoke(revocationOf(token, clientId, clientSecret), received, () => true);
    return named(token);
  },
};
