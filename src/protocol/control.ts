import { type Static, Type } from 'typebox';
import { AGENT_ACTIONS } from '../domain/scenario.ts';
import { DURATION } from '../domain/time.ts';
import { ERROR_CODES } from '../guide/events.ts';
import { AnyEvent } from './scenario.ts';

/** Requests of the control API, as JSON. */

const closed = { additionalProperties: false } as const;
const name = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const oneOf = <const T extends string>(...values: readonly T[]) => Type.Enum(values);

/** Which client is meant; in a body as well as in the query. */
const client = { client_id: Type.Optional(name(255)) };

export const ForClient = Type.Object(client, closed);
export type ForClient = Static<typeof ForClient>;

/** One body for creating and changing a client; `allowedIps` and `grantType` are other spellings. */
export const ClientBody = Type.Object(
  {
    client_id: Type.Optional(Type.String({ pattern: '^[!-9;-~]([ -9;-~]{0,253}[!-9;-~])?$' })),
    client_secret: Type.Optional(name(1024)),
    environment: Type.Optional(oneOf('sandbox', 'production')),
    allowed_ips: Type.Optional(Type.Array(name(64), { maxItems: 1000 })),
    allowedIps: Type.Optional(Type.Array(name(64), { maxItems: 1000 })),
    type: Type.Optional(oneOf('confidential', 'public')),
    grant_type: Type.Optional(oneOf('client-credentials', 'authorization-code')),
    grantType: Type.Optional(oneOf('client-credentials', 'authorization-code')),
    scenario: Type.Optional(name(64)),
  },
  closed,
);
export type ClientBody = Static<typeof ClientBody>;

export const AdvanceBody = Type.Object({ ...client, by: Type.String({ pattern: DURATION.source }) }, closed);
export type AdvanceBody = Static<typeof AdvanceBody>;

export const FreezeBody = Type.Object(
  { ...client, at: Type.Optional(Type.String({ format: 'date-time' })) },
  closed,
);
export type FreezeBody = Static<typeof FreezeBody>;

export const AgentBody = Type.Object({ ...client, action: oneOf(...AGENT_ACTIONS) }, closed);
export type AgentBody = Static<typeof AgentBody>;

export const CallQuery = Type.Object(
  { ...client, n: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,8}$' })) },
  closed,
);
export type CallQuery = Static<typeof CallQuery>;

export const ValidationBody = Type.Object(
  {
    ...client,
    exists: Type.Optional(Type.Boolean()),
    confirmed: Type.Optional(Type.Boolean()),
    scenario: Type.Optional(name(64)),
  },
  closed,
);
export type ValidationBody = Static<typeof ValidationBody>;

export const EventBody = Type.Object({ ...client, ...AnyEvent.properties }, closed);
export type EventBody = Static<typeof EventBody>;

export const FailBody = Type.Object({ ...client, code: oneOf(...ERROR_CODES) }, closed);
export type FailBody = Static<typeof FailBody>;

/** An action of the agent is no signal: it has a route of its own. */
export const SignalBody = Type.Object(
  { ...client, name: Type.String({ pattern: '^(?!agent-)[a-z][a-z0-9-]{0,63}$' }) },
  closed,
);
export type SignalBody = Static<typeof SignalBody>;
