import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ENDPOINTS, FAULT_KINDS, type Fault, isConnectionFault } from '../../domain/fault.ts';
import type { Ms } from '../../domain/time.ts';
import { ClientId } from './client-format.ts';
import type { Mismatch, Path } from './mismatch.ts';
import { createListSchema, defineRoutes, TextOrNull } from './route.ts';
import { Duration, toDurationMs } from './scenario-format.ts';

const countSchema = (minimum: number) =>
  Type.Integer({
    minimum,
    maximum: 1_000_000,
    title: 'count',
    description: `a whole number from ${minimum}`,
  });

const body = {
  endpoint: Type.Enum(ENDPOINTS, { title: 'endpoint' }),
  status: Type.Optional(
    Type.Integer({ minimum: 400, maximum: 599, title: 'status', description: 'a number from 400 to 599' }),
  ),
  retry_after: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 86_400,
      title: 'number of seconds',
      description: 'seconds up to 86400',
    }),
  ),
  latency: Type.Optional(
    Type.Union([Duration, Type.Array(Duration, { minItems: 2, maxItems: 2 })], {
      title: 'latency',
      description: 'a duration such as "2s", or the shortest and the longest, such as ["1s","3s"]',
    }),
  ),
  kind: Type.Optional(Type.Enum(FAULT_KINDS, { title: 'kind of fault' })),
  after: Type.Optional(countSchema(0)),
  times: Type.Optional(countSchema(1)),
};
const Body = Type.Object(body);
type FaultBody = Static<typeof Body>;

/** A fault as the config file writes it. */
export const WrittenFault = Type.Object(
  { client_id: Type.Optional(ClientId), ...body },
  {
    additionalProperties: false,
    title: 'fault',
    description: 'a map, as in { endpoint: token, status: 503 }',
  },
);

const MAX_LATENCY_MS = toDurationMs('10m');

/** The shortest and the longest delay, parsed. */
function toDelays(latency: NonNullable<FaultBody['latency']>): readonly [Ms, Ms] {
  const [shortest, longest] = typeof latency === 'string' ? [latency, latency] : latency;
  return [toDurationMs(shortest ?? ''), toDurationMs(longest ?? '')];
}

function findLatencyProblem(latency: NonNullable<FaultBody['latency']>): string | undefined {
  const [shortest, longest] = toDelays(latency);
  if (shortest > longest) return 'latency: the first duration is longer than the second; swap them';
  return longest > MAX_LATENCY_MS
    ? 'latency: longer than 10m; use kind hang for an answer that never comes'
    : undefined;
}

/** The fault in `written`, which must fit its schema. */
export const toFault = ({
  endpoint,
  status,
  retry_after: retryAfter,
  latency,
  kind,
  after = 0,
  times,
}: FaultBody): Omit<Fault, 'id'> => ({
  endpoint,
  ...(status !== undefined && { status }),
  ...(retryAfter !== undefined && { retryAfter }),
  ...(latency !== undefined && { latency: toDelays(latency) }),
  ...(kind !== undefined && { kind }),
  after,
  ...(times !== undefined && { times }),
});

/** Why a fault that fits its schema cannot be armed. */
export function findContradictions(
  { status, retry_after, latency, kind }: FaultBody,
  path: Path = [],
): Mismatch[] {
  const messages = [
    status === undefined && latency === undefined && kind === undefined
      ? 'the fault does nothing; give status, latency or kind'
      : undefined,
    status !== undefined && isConnectionFault(kind)
      ? `kind ${kind} sends no answer, so it has no status; keep one of them`
      : undefined,
    retry_after !== undefined && status === undefined ? 'retry_after needs a status, such as 503' : undefined,
    latency === undefined ? undefined : findLatencyProblem(latency),
  ];
  return messages
    .filter((message) => message !== undefined)
    .map((message) => ({ path, at: 'value', message }));
}

export const FaultAnswer = Type.Object({
  id: Type.String(),
  client_id: TextOrNull,
  endpoint: Type.Enum(ENDPOINTS),
  status: Type.Union([Type.Integer(), Type.Null()]),
  retry_after: Type.Union([Type.Integer(), Type.Null()]),
  latency_ms: Type.Union([Type.Array(Type.Number()), Type.Null()]),
  kind: Type.Union([Type.Enum(FAULT_KINDS), Type.Null()]),
  after: Type.Integer(),
  times: Type.Union([Type.Integer(), Type.Null()]),
  struck: Type.Integer({ description: 'number of requests that it was applied to' }),
});

export type FaultAnswer = Static<typeof FaultAnswer>;

export const FAULT_ROUTES = defineRoutes({
  'GET /faults': {
    summary: 'All faults, used up or not',
    scoped: true,
    status: 200,
    answer: createListSchema(FaultAnswer),
  },
  'POST /faults': {
    summary: 'Arm a fault for the requests of one client, or of all',
    scoped: true,
    body,
    beyond: (fault: FaultBody, isSound) => (isSound([]) ? findContradictions(fault) : []),
    status: 201,
    answer: FaultAnswer,
    errors: ['conflict'],
  },
  'DELETE /faults/:id': { summary: 'Remove a fault', scoped: true, status: 204 },
});
