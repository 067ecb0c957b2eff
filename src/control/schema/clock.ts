import { type Static, Type } from 'typebox';
import { defineRoutes, Time } from './route.ts';
import { Duration } from './scenario-format.ts';

export const ClockAnswer = Type.Object({
  now: Time,
  frozen: Type.Boolean(),
  offsetMs: Type.Number({ description: 'how far virtual time is ahead of real time' }),
});
export type ClockAnswer = Static<typeof ClockAnswer>;

const answer = { scoped: true, status: 200, answer: ClockAnswer } as const;

export const CLOCK_ROUTES = defineRoutes({
  'GET /clock': {
    summary: 'The time of a client, or of all clients without their own clock',
    ...answer,
  },
  'POST /clock/advance': {
    summary: 'Advance the clock; answers when every due event was pushed',
    body: { by: Duration },
    ...answer,
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
