import { Type } from 'typebox';
import { defineRoutes } from './route.ts';

export const STATE_ROUTES = defineRoutes({
  'POST /provider-states': {
    summary: 'Bring a starting state about, or end it, as Pact asks for it; answers the values that it gives',
    body: {
      state: Type.String({
        title: 'provider state',
        description: 'the name of one; mock-veridas verify --list-states lists them',
      }),
      action: Type.Optional(Type.Enum(['setup', 'teardown'], { title: 'action' })),
      params: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          title: 'map',
          description: 'a map with the parameters of the state',
        }),
      ),
      // Some verifiers put everything into the body.
      consumer: Type.Optional(Type.With(Type.String(), { deprecated: true })),
    },
    status: 200,
    answer: Type.Record(Type.String(), Type.String()),
    errors: ['conflict'],
  },
});
