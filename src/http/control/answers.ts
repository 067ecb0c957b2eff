import type { FastifyReply } from 'fastify';
import type { Client } from '../../domain/client.ts';
import type { Instant } from '../../domain/time.ts';
import type { Validation } from '../../domain/validation.ts';
import type { CallDetails } from '../../simulator/calls.ts';
import type { ClockView } from '../../simulator/clocks.ts';
import type { TokenView } from '../../simulator/tokens.ts';

/** How the control API writes what the simulator knows: snake_case, and times as ISO 8601. */

const time = (at: Instant | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();

export const clientAnswer = (client: Client) => ({
  client_id: client.clientId,
  client_secret: client.clientSecret,
  environment: client.environment,
  allowed_ips: client.allowedIps,
  type: client.type,
  grant_type: client.grantType,
  scenario: client.scenario ?? null,
});

export const validationAnswer = ({
  clientId,
  validationId,
  calls,
  exists,
  confirmed,
  scenario,
}: Validation) => ({
  client_id: clientId === '' ? null : clientId,
  validation_id: validationId,
  exists: exists ?? null,
  confirmed: confirmed ?? null,
  scenario: scenario ?? null,
  calls,
});

/** A call is named by its validation id wherever a person reads it. */
export const tokenAnswer = ({ token, state, validationIds }: TokenView) => ({
  access_token: token.accessToken,
  client_id: token.clientId,
  state,
  issued_at: time(token.issuedAt),
  expires_at: time(token.expiresAt),
  validation_ids: validationIds,
});

export const clockAnswer = ({ now, frozen, offsetMs }: ClockView) => ({ now: time(now), frozen, offsetMs });

export const callAnswer = ({ call, view, presence, open }: CallDetails) => ({
  client_id: call.clientId,
  validation_id: call.validationId,
  n: call.n,
  state: view.state,
  scenario: call.scenario.name,
  tokens: call.tokens,
  opened_at: time(call.openedAt),
  waits_for: view.waitsFor ?? null,
  started_at: time(call.startedAt),
  ended_at: time(view.endedAt),
  events: view.events.map(({ at, event, delivery }, id) => ({
    id,
    ...event,
    at: time(at),
    ...(delivery !== undefined && { delivery }),
    posted_at: time(presence.postedAt[id]),
  })),
  page: open.length > 0 ? 'open' : 'none',
  pages: Object.entries(presence.pages).map(([id, { servedAt, diagnostics }]) => ({
    served_at: time(servedAt),
    open: open.includes(id),
    diagnostics: diagnostics ?? null,
  })),
});

export const listAnswer = <T, A>(items: readonly T[], answer: (item: T) => A) => ({
  items: items.map(answer),
  total: items.length,
});

/** The statuses of the control API's errors, by their name on the wire. */
const STATUS = {
  not_json: 400,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  invalid: 422,
} as const;

/** Why a control call was not carried out, in words for whoever sent it. */
export class ControlError extends Error {
  readonly error: keyof typeof STATUS;
  readonly hint: string | undefined;
  constructor(error: keyof typeof STATUS, message: string, hint?: string) {
    super(message);
    this.error = error;
    this.hint = hint;
  }
}

export const sendError = (reply: FastifyReply, { error, message, hint }: ControlError): FastifyReply =>
  reply.code(STATUS[error]).send({ error, message, ...(hint !== undefined && { hint }) });
