import type { Act } from '../domain/call.ts';
import type { Client } from '../domain/client.ts';
import { type Finding, RULES } from '../domain/finding.ts';
import type { Instant } from '../domain/time.ts';
import { expiryOf } from '../domain/token.ts';
import type { Validation } from '../domain/validation.ts';
import type { CallDetails, EventView } from '../simulator/calls.ts';
import type { ClockView } from '../simulator/clocks.ts';
import type { FaultView } from '../simulator/faults.ts';
import type { Journalled } from '../simulator/journal.ts';
import type { ScenarioView } from '../simulator/scenarios.ts';
import type { TokenView } from '../simulator/tokens.ts';
import { toWritten } from './schema/scenario-format.ts';

/** How the control API writes what the simulator knows: snake_case, and times as ISO 8601. */

const time = (at: Instant): string => new Date(at).toISOString();
const timeOrNull = (at: Instant | undefined): string | null => (at === undefined ? null : time(at));
/** Nobody's is written null. */
const clientOrNull = (clientId: string | undefined): string | null => clientId || null;

export const clientAnswer = (client: Client) => ({
  client_id: client.clientId,
  client_secret: client.clientSecret,
  environment: client.environment,
  allowed_ips: [...client.allowedIps],
  type: client.type,
  grant_type: client.grantType,
  scenario: client.scenario ?? null,
});

export const validationAnswer = (validation: Validation) => ({
  client_id: clientOrNull(validation.clientId),
  validation_id: validation.validationId,
  exists: validation.exists ?? null,
  confirmed: validation.confirmed ?? null,
  scenario: validation.scenario ?? null,
  calls: validation.calls,
});

/** A call is named by its validation id wherever a person reads it. */
export const tokenAnswer = ({ token, state, validationIds }: TokenView) => ({
  access_token: token.accessToken,
  client_id: token.clientId,
  state,
  issued_at: time(token.issuedAt),
  expires_at: time(expiryOf(token)),
  validation_ids: [...validationIds],
});

export const clockAnswer = ({ now, frozen, offsetMs }: ClockView) => ({ now: time(now), frozen, offsetMs });

const saidAnswer = ({ id, event, at, delivery, pushedAt, postedAt }: Omit<EventView, 'call'>) => ({
  id,
  ...event,
  at: time(at),
  ...(delivery !== undefined && { delivery }),
  pushed_at: timeOrNull(pushedAt),
  posted_at: timeOrNull(postedAt),
});

export const eventAnswer = ({ call: { clientId, validationId, n }, ...said }: EventView) => ({
  client_id: clientId,
  validation_id: validationId,
  n,
  ...saidAnswer(said),
});

function deedAnswer(act: Act) {
  if ('agent' in act) return { act: act.agent, name: null };
  if ('fail' in act) return { act: 'fail' as const, name: act.fail };
  if ('post' in act) return { act: 'post' as const, name: act.post.code };
  return { act: 'signal' as const, name: act.signal };
}

const actAnswer = (act: Act) => ({
  at: time(act.at),
  by: act.byHand ? ('hand' as const) : ('script' as const),
  ...deedAnswer(act),
  event: act.event ?? null,
});

export const callAnswer = ({ call, view, events, presence, open }: CallDetails) => ({
  client_id: call.clientId,
  validation_id: call.validationId,
  n: call.n,
  state: view.state,
  scenario: call.scenario.name,
  tokens: [...call.tokens],
  opened_at: time(call.openedAt),
  waits_for: view.waitsFor ?? null,
  started_at: timeOrNull(call.startedAt),
  ended_at: timeOrNull(view.endedAt),
  possible_actions: [...view.possible],
  acts: view.acts.map(actAnswer),
  events: events.map(saidAnswer),
  page: open.length > 0 ? ('open' as const) : ('none' as const),
  pages: Object.entries(presence.pages).map(([id, { servedAt, diagnostics }]) => ({
    served_at: time(servedAt),
    open: open.includes(id),
    diagnostics: diagnostics ?? null,
  })),
});

export const scenarioAnswer = ({ scenario, clientId }: ScenarioView) => ({
  name: scenario.name,
  description: scenario.description ?? null,
  source: clientId === undefined ? ('file' as const) : ('control-api' as const),
  client_id: clientOrNull(clientId),
  steps: toWritten(scenario).steps,
});

export const faultAnswer = ({ clientId, fault }: FaultView) => ({
  id: fault.id,
  client_id: clientOrNull(clientId),
  endpoint: fault.endpoint,
  status: fault.status ?? null,
  retry_after: fault.retryAfter ?? null,
  latency_ms: fault.latency === undefined ? null : [...fault.latency],
  kind: fault.kind ?? null,
  after: fault.after,
  times: fault.times ?? null,
  struck: fault.struck,
});

export const requestAnswer = ({ id, value }: Journalled) => ({
  id,
  client_id: clientOrNull(value.clientId),
  at: time(value.at),
  received_at: time(value.receivedAt),
  method: value.method,
  path: value.path,
  query: { ...value.query },
  headers: { ...value.headers },
  form: value.form === undefined ? null : { ...value.form },
  from: value.from,
  status: value.status ?? null,
  cause: value.cause ?? null,
  reason: value.reason ?? null,
  validation_id: value.validationId ?? null,
  fault_id: value.faultId ?? null,
});

export function findingAnswer({ rule, clientId, seen, firstAt, lastAt, times }: Finding) {
  const { seenIn: _, ...described } = RULES[rule];
  return {
    rule,
    ...described,
    client_id: clientOrNull(clientId),
    seen,
    first_at: time(firstAt),
    last_at: time(lastAt),
    times,
  };
}

/** A list as the control API gives it. */
export const listAnswer = <T, A>(items: readonly T[], answer: (item: T) => A) => ({
  items: items.map(answer),
  total: items.length,
});
