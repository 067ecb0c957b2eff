import type { Static } from 'typebox';
import * as Type from 'typebox';
import { defineRoutes, Time } from './route.ts';
import { Duration } from './scenario-format.ts';

export const ClockAnswer = Type.Object({
  now: Time,
  frozen: Type.Boolean(),
  offsetMs: Type.Number({ description: 'how far virtual time is ahead of real time' }),
});
export type ClockAnswer = Static<typeof ClockAnswer>;

const answer = { scoped: true, status: 200, answer: ClockAnswer } as const;

const advanceBody = {
  by: Duration,
  validation_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1000,
      title: 'validation id',
      description: 'moves the script of its latest call alone; tokens keep to the clock of the client',
    }),
  ),
  n: Type.Optional(
    Type.Integer({ minimum: 1, title: 'number of a call', description: 'a whole number from 1' }),
  ),
};
const AdvanceBody = Type.Object(advanceBody);

export const CLOCK_ROUTES = defineRoutes({
  'GET /clock': {
    summary: 'The time of a client, or of all clients without their own clock',
    ...answer,
  },
  'POST /clock/advance': {
    summary: 'Advance the clock, or one call; answers when every due event was pushed',
    body: advanceBody,
    beyond: ({ n, validation_id: id }: Static<typeof AdvanceBody>) =>
      n !== undefined && id === undefined
        ? [{ path: ['n'], at: 'key', message: 'n: needs validation_id' }]
        : [],
    ...answer,
    errors: ['conflict'],
  },
  'POST /clock/freeze': {
    summary: 'Freeze the clock, now or at an instant',
    body: {
      at: Type.Optional(
        Type.String({
          format: 'date-time',
          title: 'time',
          description: 'a date and time with its zone, such as 2030-01-01T00:00:00Z',
        }),
      ),
    },
    ...answer,
    errors: ['conflict'],
  },
  'POST /clock/resume': { summary: 'Resume the clock from its present time', ...answer },
});
