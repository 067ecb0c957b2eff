import { Type } from 'typebox';
import { defineRoutes } from './route.ts';

export const STATE_ROUTES = defineRoutes({
  'POST /provider-states': {
    summary: 'Set up or tear down a provider state, as Pact requests it; answers its values',
    body: {
      state: Type.String({
        title: 'provider state',
        description: 'a name that mock-veridas verify --list-states lists',
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
