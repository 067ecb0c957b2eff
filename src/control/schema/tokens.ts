import type { Static } from 'typebox';
import * as Type from 'typebox';
import { TOKEN_STATES } from '../../domain/token.ts';
import { createPageSchema, pageQuery } from './page.ts';
import { defineRoutes, Time } from './route.ts';

export const TokenAnswer = Type.Object({
  access_token: Type.String(),
  client_id: Type.String(),
  state: Type.Enum(TOKEN_STATES),
  issued_at: Time,
  expires_at: Time,
  validation_ids: Type.Array(Type.String()),
});
export type TokenAnswer = Static<typeof TokenAnswer>;

export const TOKEN_ROUTES = defineRoutes({
  'GET /tokens': {
    summary: 'All access tokens that were issued, oldest first',
    scoped: true,
    query: pageQuery,
    status: 200,
    answer: createPageSchema(TokenAnswer),
  },
  'GET /tokens/:token': { summary: 'One access token', scoped: true, status: 200, answer: TokenAnswer },
  'POST /tokens/:token/expire': {
    summary: 'Expire a token now',
    scoped: true,
    status: 204,
  },
});
