import type { Static } from 'typebox';
import * as Type from 'typebox';
import { CALL_STATES } from '../../domain/call-state.ts';
import { RULES, type RuleId } from '../../domain/finding.ts';
import { CallAnswer, EventAnswer } from './calls.ts';
import type { Mismatch } from './mismatch.ts';
import { createUncountedPageSchema, limitQuery } from './page.ts';
import { createListSchema, defineRoutes, TextOrNull, Time } from './route.ts';
import { Duration, toDurationMs } from './scenario-format.ts';

const Fields = Type.Record(Type.String(), Type.String());

export const RequestAnswer = Type.Object({
  id: Type.Integer(),
  client_id: TextOrNull,
  at: Time,
  received_at: Time,
  method: Type.String(),
  path: Type.String(),
  query: Fields,
  headers: Fields,
  form: Type.Union([Fields, Type.Null()]),
  from: Type.String(),
  status: Type.Union([Type.Integer(), Type.Null()], {
    description: 'null if the connection was reset or left hanging',
  }),
  cause: TextOrNull,
  reason: TextOrNull,
  fix: TextOrNull,
  validation_id: TextOrNull,
  fault_id: TextOrNull,
});
export type RequestAnswer = Static<typeof RequestAnswer>;

export const FindingAnswer = Type.Object({
  rule: Type.Enum(Object.keys(RULES) as RuleId[]),
  severity: Type.Enum(['error', 'warning']),
  guide: Type.String(),
  title: Type.String(),
  fix: Type.String(),
  client_id: TextOrNull,
  seen: Type.String(),
  first_at: Time,
  last_at: Time,
  times: Type.Integer(),
});
export type FindingAnswer = Static<typeof FindingAnswer>;

const textSchema = (title: string, description: string) =>
  Type.String({ minLength: 1, maxLength: 1000, title, description });
const STATUS = { title: 'status', description: 'a number from 100 to 599' };
const AFTER = { title: 'id', description: 'the id of a request' };

const requestProperties = {
  method: Type.Optional(textSchema('method', 'an HTTP method, such as POST')),
  path: Type.Optional(textSchema('path', 'a path without its query, such as /o/token/')),
};
const validation = { validation_id: Type.Optional(textSchema('validation id', 'text')) };
/** Query parameters that select requests; in a query everything is text. */
const query = {
  ...requestProperties,
  ...validation,
  status: Type.Optional(Type.String({ pattern: '^[1-5]\\d\\d$', ...STATUS })),
  after: Type.Optional(Type.String({ pattern: '^\\d{1,16}$', ...AFTER })),
};

const NO_EXTRA_KEYS = { additionalProperties: false };

/** What to wait for; each kind has its own key. */
const Goal = Type.Union(
  [
    Type.Object(
      { event: textSchema('code', 'the code of an event, such as VideocallCompleted') },
      NO_EXTRA_KEYS,
    ),
    Type.Object(
      {
        request: Type.Object(
          {
            ...requestProperties,
            status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, ...STATUS })),
          },
          {
            ...NO_EXTRA_KEYS,
            title: 'request',
            description: 'a map with method, path or status',
          },
        ),
      },
      NO_EXTRA_KEYS,
    ),
    Type.Object({ call_state: Type.Enum(CALL_STATES, { title: 'state of a call' }) }, NO_EXTRA_KEYS),
    Type.Object({ page: Type.Enum(['open', 'none'], { title: 'what pages a call has' }) }, NO_EXTRA_KEYS),
  ],
  { title: 'goal', description: 'a map such as {"event":"VideocallCompleted"}' },
);
export type WrittenGoal = Static<typeof Goal>;

const waitBody = {
  for: Goal,
  ...validation,
  n: Type.Optional(
    Type.Integer({ minimum: 1, title: 'number of a call', description: 'a whole number from 1' }),
  ),
  after: Type.Optional(Type.Integer({ minimum: 0, ...AFTER })),
  timeout: Type.Optional(Duration),
};
const WaitBody = Type.Object(waitBody);
type WaitBody = Static<typeof WaitBody>;

const MAX_TIMEOUT_MS = toDurationMs('10m');

const checkTimeout = ({ timeout }: WaitBody): Mismatch[] =>
  timeout !== undefined && toDurationMs(timeout) > MAX_TIMEOUT_MS
    ? [{ path: ['timeout'], at: 'value', message: 'timeout: longer than 10m of real time' }]
    : [];

/** Requests have ids and no call; events and states belong to numbered calls. */
function checkReferences({ for: goal, n, after: id }: WaitBody): Mismatch[] {
  const misplacedKey =
    'request' in goal ? (n === undefined ? undefined : 'n') : id === undefined ? undefined : 'after';
  if (misplacedKey === undefined) return [];
  const message = `${misplacedKey}: does not go with ${Object.keys(goal).join()}`;
  return [{ path: [misplacedKey], at: 'key', message }];
}

export const JOURNAL_ROUTES = defineRoutes({
  'GET /requests': {
    summary: 'The requests to the imitated service and their answers, oldest first',
    scoped: true,
    query: { ...query, ...limitQuery },
    status: 200,
    answer: createUncountedPageSchema(RequestAnswer),
  },
  'GET /requests/count': {
    summary: 'The number of these requests',
    scoped: true,
    query,
    status: 200,
    answer: Type.Object({ count: Type.Integer() }),
  },
  'POST /wait': {
    summary: 'Wait until something happens; what already happened counts',
    scoped: true,
    body: waitBody,
    beyond: (body: WaitBody, isSound) => [
      ...(isSound(['timeout']) ? checkTimeout(body) : []),
      ...(isSound(['for']) ? checkReferences(body) : []),
    ],
    status: 200,
    answer: Type.Object({
      event: Type.Optional(EventAnswer),
      request: Type.Optional(RequestAnswer),
      call: Type.Optional(CallAnswer),
    }),
    errors: ['timeout'],
  },
  'GET /findings': {
    summary: 'The mistakes that the integration made, oldest first',
    scoped: true,
    status: 200,
    answer: createListSchema(FindingAnswer),
  },
});
