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
      action: Type.Optional(Type.Enum(['setup', 'teardown', 'end'], { title: 'action' })),
      params: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          title: 'map',
          description: 'a map with the parameters of the state',
        }),
      ),
      verification: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 100,
          title: 'name of a verification',
          description:
            'a name; until its end or a minute of silence, no other verification can set up states',
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
