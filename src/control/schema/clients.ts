import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClientType, clientProperties, Environment, ExpiresIn, GrantType } from './client-format.ts';
import { createListSchema, defineRoutes, TextOrNull } from './route.ts';

export const ClientAnswer = Type.Object({
  client_id: Type.String(),
  client_secret: Type.String(),
  environment: Environment,
  allowed_ips: Type.Array(Type.String()),
  type: ClientType,
  grant_type: GrantType,
  expires_in: ExpiresIn,
  scenario: TextOrNull,
  next_scenario: Type.Union([Type.String(), Type.Null()], {
    description: 'the scenario of its next call only',
  }),
});
export type ClientAnswer = Static<typeof ClientAnswer>;

export const CLIENT_ROUTES = defineRoutes({
  'GET /clients': {
    summary: 'The clients that may get tokens',
    scoped: true,
    status: 200,
    answer: createListSchema(ClientAnswer),
  },
  'POST /clients': {
    summary: 'Create a client with its own data; id and secret are generated if omitted',
    body: clientProperties,
    status: 201,
    answer: ClientAnswer,
    errors: ['conflict'],
  },
  'GET /clients/:client_id': {
    summary: 'One client',
    status: 200,
    answer: ClientAnswer,
    errors: ['not_found'],
  },
  'PATCH /clients/:client_id': {
    summary: 'Change the given fields and keep the rest',
    body: clientProperties,
    status: 200,
    answer: ClientAnswer,
    errors: ['not_found'],
  },
  'DELETE /clients/:client_id': {
    summary: 'Remove a client and all its data',
    status: 204,
    errors: ['not_found'],
  },
});
