import type { Static } from 'typebox';
import * as Type from 'typebox';
import { CALL_STATES } from '../../domain/call-state.ts';
import { AGENT_ACTIONS, DELIVERY_FAULTS } from '../../domain/scenario.ts';
import { ERROR_CODES } from '../../guide/events.ts';
import { Diagnostics } from '../../pages/call/messages.ts';
import { createPageSchema, createUncountedPageSchema, eventsPageQuery, pageQuery } from './page.ts';
import { defineRoutes, TextOrNull, Time, TimeOrNull } from './route.ts';
import { AnyEvent } from './scenario-format.ts';

const eventProperties = {
  id: Type.Integer(),
  type: Type.Enum(['info', 'error']),
  code: Type.String(),
  message: Type.String(),
  at: Time,
  delivery: Type.Optional(Type.Enum(DELIVERY_FAULTS)),
  pushed_at: TimeOrNull,
  posted_at: TimeOrNull,
};

/** An action in a call, and the event that it caused. */
const ActAnswer = Type.Object({
  at: Time,
  by: Type.Enum(['script', 'hand']),
  act: Type.Enum([...AGENT_ACTIONS, 'fail', 'post', 'signal'], {
    description: 'an agent action, a failure of the call (fail), a posted event (post) or a signal',
  }),
  name: Type.Union([Type.String(), Type.Null()], {
    description: 'the code of the event for fail and post, the name for signal',
  }),
  event: Type.Union([Type.Integer(), Type.Null()]),
});

/** An event with its call. */
export const EventAnswer = Type.Object({
  client_id: Type.String(),
  validation_id: Type.String(),
  n: Type.Integer(),
  ...eventProperties,
});

export const CallAnswer = Type.Object({
  client_id: Type.String(),
  validation_id: Type.String(),
  n: Type.Integer(),
  state: Type.Enum(CALL_STATES),
  scenario: Type.String(),
  tokens: Type.Array(Type.String()),
  opened_at: Time,
  waits_for: TextOrNull,
  next_at: { ...TimeOrNull, description: 'when its script continues, unless a test acts before' },
  started_at: TimeOrNull,
  ended_at: TimeOrNull,
  possible_actions: Type.Array(Type.Enum(AGENT_ACTIONS), {
    description: 'actions that the agent can take now',
  }),
  acts: Type.Array(ActAnswer, { description: 'all actions in the call, oldest first' }),
  events: Type.Array(Type.Object(eventProperties)),
  page: Type.Enum(['open', 'none']),
  pages: Type.Array(
    Type.Object({
      served_at: Time,
      open: Type.Boolean(),
      diagnostics: Type.Union([Diagnostics, Type.Null()]),
    }),
  ),
});
export type CallAnswer = Static<typeof CallAnswer>;

/** The delivery of an event to the page's parent. */
const DeliveryAnswer = Type.Object({
  page: Type.Enum(['none', 'open', 'posted', 'unconfirmed']),
  posted_after_ms: Type.Optional(Type.Number()),
});

const query = {
  n: Type.Optional(
    Type.String({
      pattern: '^[1-9]\\d{0,8}$',
      title: 'number of a call',
      description: 'a number from 1',
    }),
  ),
};

const actionRoute = {
  scoped: true,
  query,
  status: 200,
  answer: DeliveryAnswer,
  errors: ['conflict'],
} as const;

export const CALL_ROUTES = defineRoutes({
  'GET /calls': {
    summary: 'All calls, oldest first',
    scoped: true,
    query: pageQuery,
    status: 200,
    answer: createPageSchema(CallAnswer),
  },
  'GET /calls/:validation_id': {
    summary: 'The latest call for a validation, or the one of number n',
    scoped: true,
    query,
    status: 200,
    answer: CallAnswer,
    errors: ['conflict'],
  },
  'POST /calls/:validation_id/agent': {
    summary: 'Act as the agent; answers when the page has posted the resulting event',
    body: { action: Type.Enum(AGENT_ACTIONS, { title: 'agent action' }) },
    ...actionRoute,
  },
  'POST /calls/:validation_id/events': {
    summary: 'Post any event in the call',
    body: AnyEvent.properties,
    ...actionRoute,
  },
  'POST /calls/:validation_id/fail': {
    summary: 'Make the call fail, with the error screen and its event',
    body: { code: Type.Enum(ERROR_CODES, { title: 'code of an error event' }) },
    ...actionRoute,
  },
  'POST /calls/:validation_id/signals': {
    summary: 'Send the signal that the script of the call waits for',
    scoped: true,
    query,
    body: {
      name: Type.String({
        pattern: '^(?!agent-)[a-z][a-z0-9-]{0,63}$',
        title: "signal's name",
        description: 'lower-case letters, digits and hyphens; agent actions have their own route',
      }),
    },
    status: 204,
    errors: ['conflict'],
  },
  'GET /events': {
    summary: 'The events of all calls, from the oldest call to the newest; within a page, oldest first',
    scoped: true,
    query: eventsPageQuery,
    status: 200,
    answer: createUncountedPageSchema(EventAnswer),
  },
});
