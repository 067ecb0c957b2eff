import type { Static } from 'typebox';
import * as Type from 'typebox';
import { defineRoutes } from './route.ts';

const JSON_TYPE = 'application/json';

const Message = Type.Object({ type: Type.String(), code: Type.String(), message: Type.String() });
const NoMessage = Type.Object({
  error: Type.Enum(['no_event']),
  reason: Type.String(),
  hint: Type.String(),
});

export const STATE_ROUTES = defineRoutes({
  'POST /provider-states': {
    summary: 'Set up or tear down a provider state, as Pact requests it; answers its values',
    body: {
      state: Type.String({
        title: 'provider state',
        description: 'a name that mock-veridas verify --list-states lists',
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
            'a name; no other verification can set up states until this one ends or sends nothing for a minute',
        }),
      ),
      // Some verifiers put everything into the body.
      consumer: Type.Optional(Type.With(Type.String(), { deprecated: true })),
    },
    status: 200,
    answer: Type.Record(Type.String(), Type.String()),
    errors: ['conflict'],
  },
  'POST /provider-events': {
    summary: 'Get the event that the provider states have posted, as a message for a Pact verifier',
    body: {
      description: Type.String({
        title: 'description of a message',
        description: 'a text; without provider states, it contains the code of the event',
      }),
      providerStates: Type.Optional(
        Type.Array(Type.Unknown(), {
          title: 'list of states',
          description: 'the provider states that were set up before',
        }),
      ),
    },
    status: 200,
    answer: Type.Union([Message, NoMessage]),
    // Verifiers may take any answer for the message itself, so a failure shares no key with an event.
    otherwise: {
      status: 412,
      when: (answer: Static<typeof Message> | Static<typeof NoMessage>) => 'error' in answer,
    },
    // Consumers use all of these spellings.
    metadata: (origin) => ({
      contentType: JSON_TYPE,
      'content-type': JSON_TYPE,
      'Content-Type': JSON_TYPE,
      origin,
    }),
    errors: ['conflict'],
  },
});
