import type { Static, TObject, TProperties } from 'typebox';
import * as Type from 'typebox';
import { ClientId, ClientSecret } from '../../control/schema/client-format.ts';
import { check, type Mismatch } from '../../control/schema/mismatch.ts';
import { closestMatch } from '../../domain/closest-match.ts';
import { EVENTS, type EventCode } from '../../guide/events.ts';

/** The provider states as data: the parameters that each takes, and the values that it returns. */

/** One provider state. */
export interface ProviderState {
  readonly summary: string;
  readonly params: TProperties;
  /** The names of the values that it returns, for `${name}` in a contract. */
  readonly values: readonly StateValue[];
}

/** The values of states, each where a request uses it. */
export const STATE_VALUES = {
  clientId: (value: string) => `client_id=${value}`,
  clientSecret: (value: string) => `client_secret=${value}`,
  basicAuth: (value: string) => `Authorization: Basic ${value}`,
  accessToken: (value: string) => `access_token=${value}`,
  validationId: (value: string) => `validation_id=${value}`,
} as const;
export type StateValue = keyof typeof STATE_VALUES;

/** Whether a state cannot do without this parameter. */
export const isRequired = (schema: TProperties[string]): boolean => !Type.IsOptional(schema);

const textSchema = (title: string, pattern: string, description: string) =>
  Type.Optional(Type.String({ pattern, title, description }));
const integerSchema = (title: string, minimum: number, maximum: number) =>
  Type.Optional(
    Type.Integer({ minimum, maximum, title, description: `a whole number from ${minimum} to ${maximum}` }),
  );

const client = { client_id: Type.Optional(ClientId) };
const token = {
  ...client,
  access_token: textSchema(
    'access token',
    '^[\\x21-\\x7E]{1,4096}$',
    'letters, digits and symbols without spaces',
  ),
};
const validation = {
  client_id: Type.Optional(ClientId),
  validation_id: textSchema('validation id', '^[^\\p{Cc}]{1,255}$', '1 to 255 characters'),
};
const call = { ...token, ...validation };

const OF_CLIENT = ['clientId', 'clientSecret', 'basicAuth'] as const;
const OF_TOKEN = ['accessToken', 'clientId'] as const;
const OF_VALIDATION = ['validationId', 'clientId'] as const;
const OF_CALL = ['accessToken', 'clientId', 'validationId'] as const;

const defineStates = <const S extends Readonly<Record<string, ProviderState>>>(table: S): S => table;

/** All provider states, by name. Every parameter is optional; its default is what an earlier state has set up. */
export const PROVIDER_STATES = defineStates({
  'the client credentials exist': {
    summary: 'a client is registered with the given secret',
    params: { ...client, client_secret: Type.Optional(ClientSecret) },
    values: OF_CLIENT,
  },
  'the client credentials do not exist': {
    summary: 'no client is registered with this id',
    params: client,
    values: [],
  },
  'an access token exists': {
    summary:
      'a token was issued, age_seconds ago if given (this freezes the clock); "then" is its expected state after the request',
    params: {
      ...token,
      age_seconds: integerSchema('age in seconds', 0, 1_000_000_000),
      then: Type.Optional(Type.Enum(['revoked', 'live'], { title: 'state of a token' })),
    },
    values: OF_TOKEN,
  },
  'the access token has expired': {
    summary: 'a token has expired',
    params: token,
    values: OF_TOKEN,
  },
  'the access token has been revoked': {
    summary: 'a token was revoked by its client',
    params: token,
    values: OF_TOKEN,
  },
  'the access token has been used': {
    summary: 'the call that a token opened has ended',
    params: call,
    values: OF_CALL,
  },
  'a validation exists': {
    summary: 'a validation exists, and is confirmed unless "confirmed" is false',
    params: {
      ...validation,
      confirmed: Type.Optional(Type.Boolean({ title: 'boolean', description: 'true or false' })),
    },
    values: OF_VALIDATION,
  },
  'no validation exists': {
    summary: 'there is no validation with this id',
    params: validation,
    values: OF_VALIDATION,
  },
  'the agent has joined the video call': {
    summary: 'a call is open and has posted VideocallLoading',
    params: call,
    values: OF_CALL,
  },
  'the video call has been initiated': {
    summary: 'a call is in progress and has posted VideocallInitiated',
    params: call,
    values: OF_CALL,
  },
  'the video call has been completed': {
    summary: 'a call has ended and has posted VideocallCompleted; its token is completed',
    params: call,
    values: OF_CALL,
  },
  'the video call is not found': {
    summary: 'there is no such call, and VideocallNotFound was posted',
    params: call,
    values: OF_CALL,
  },
  'the video call server is not operational': {
    summary: 'the video call server is down, and VideocallServerNotOperational was posted',
    params: call,
    values: OF_CALL,
  },
  'a video call event has been posted': {
    summary: 'the call is in the state that posts the event with this code',
    params: {
      ...call,
      code: Type.Enum(Object.keys(EVENTS) as EventCode[], { title: 'code of an event' }),
    },
    values: OF_CALL,
  },
  'the client IP is not allowed': {
    summary: 'a production client, and the address of the sender is not in its allow-list',
    params: { ...client, ip: textSchema('address', '^[0-9A-Fa-f:.]{2,45}$', 'an IP address') },
    values: OF_CLIENT,
  },
  'the authentication API is unavailable': {
    summary: 'requests to issue or revoke tokens are answered with this status (503)',
    params: {
      ...client,
      status: integerSchema('status', 400, 599),
      retry_after: integerSchema('number of seconds', 0, 86_400),
      delay_ms: integerSchema('delay in milliseconds', 0, 600_000),
    },
    values: [],
  },
  'the current time is': {
    summary: 'the clock of the client is frozen at an instant, or was advanced',
    params: {
      ...client,
      at: Type.Optional(
        Type.String({ format: 'date-time', title: 'instant', description: 'a date and time of RFC 3339' }),
      ),
      advance_seconds: integerSchema('number of seconds', 0, 1_000_000_000),
    },
    values: [],
  },
});

export type StateName = keyof typeof PROVIDER_STATES;
export type Params<Name extends StateName> = Static<TObject<(typeof PROVIDER_STATES)[Name]['params']>>;

/** Names that differ only in case, articles, spaces or a final dot are the same state. */
const normalizeName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\b(?:an?|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/ ?\.$/, '');

const BY_NAME = new Map(
  (Object.keys(PROVIDER_STATES) as StateName[]).map((name) => [normalizeName(name), name]),
);

/** Whether a name asks for no state. */
export const isEmptyName = (name: string): boolean => normalizeName(name) === '';

/** The state called `name`, if it exists. */
export const findState = (name: string): StateName | undefined => BY_NAME.get(normalizeName(name));

/** The similarity of `a` and `b`: words in common, relative to all their words. */
function computeSimilarity(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => new Set(name.split(' ')));
  const all = new Set([...(one ?? []), ...(other ?? [])]);
  return [...all].filter((word) => one?.has(word) && other?.has(word)).length / all.size;
}

const MIN_SIMILARITY = 0.5;

/** Says that there is no state of this name, and which was probably meant. */
export function describeUnknownState(name: string): string {
  const wanted = normalizeName(name);
  const near = closestMatch(wanted, [...BY_NAME.keys()]);
  const alike = [...BY_NAME.keys()]
    .map((known) => ({ known, score: computeSimilarity(wanted, known) }))
    .sort((one, other) => other.score - one.score)
    .find(({ score }) => score >= MIN_SIMILARITY)?.known;
  const meant = BY_NAME.get(near ?? alike ?? '');
  const help = meant === undefined ? 'verify --list-states lists them' : `did you mean "${meant}"?`;
  return `there is no provider state "${name.slice(0, 200)}"; ${help}`;
}

const toSchema = (name: StateName): TObject =>
  Type.Object(PROVIDER_STATES[name].params, {
    additionalProperties: false,
    title: 'state',
    description: 'a map of parameters',
  });

/** Every way in which `params` do not fit the state. */
export const findParamMismatches = (name: StateName, params: unknown): readonly Mismatch[] =>
  check({ schema: toSchema(name), beyond: () => [] }, params);
