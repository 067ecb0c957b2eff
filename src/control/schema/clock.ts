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
    summary: 'What time it is for a client, or for all without a clock of their own',
    ...answer,
  },
  'POST /clock/advance': {
    summary: 'Move time forward; answered when all that fell due was pushed',
    body: advanceBody,
    beyond: ({ n, validation_id: id }: Static<typeof AdvanceBody>) =>
      n !== undefined && id === undefined
        ? [{ path: ['n'], at: 'key', message: 'n: does not go without validation_id' }]
        : [],
    ...answer,
    errors: ['conflict'],
  },
  'POST /clock/freeze': {
    summary: 'Let time stand still',
    body: {
      at: Type.Optional(
        Type.String({
          format: 'date-time',
          title: 'time',
          description: 'a date and time with its zone, as in 2030-01-01T00:00:00Z',
        }),
      ),
    },
    ...answer,
    errors: ['conflict'],
  },
  'POST /clock/resume': { summary: 'Let time run on from where it is', ...answer },
});
