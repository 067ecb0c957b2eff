import type { Act } from '../domain/call.ts';
import { type Client, getTokenLifetime } from '../domain/client.ts';
import { describePlay, type IgnoredSituation, SITUATIONS, type SituationId } from '../domain/coverage.ts';
import { type Finding, RULES } from '../domain/finding.ts';
import type { CoverageView } from '../domain/played.ts';
import type { Instant } from '../domain/time.ts';
import { getExpiry } from '../domain/token.ts';
import type { Validation } from '../domain/validation.ts';
import type { CallDetails, EventView } from '../simulator/calls.ts';
import type { ClockView } from '../simulator/clocks.ts';
import type { FaultView } from '../simulator/faults.ts';
import type { JournalRecord } from '../simulator/journal.ts';
import type { Page } from '../simulator/page.ts';
import type { ScenarioView } from '../simulator/scenarios.ts';
import type { TokenView } from '../simulator/tokens.ts';
import { toWrittenScenario } from './schema/scenario-format.ts';

/** Formats the simulator's data for the control API: snake_case, and times in ISO 8601. */

const formatTime = (at: Instant): string => new Date(at).toISOString();
const formatTimeOrNull = (at: Instant | undefined): string | null =>
  at === undefined ? null : formatTime(at);
/** Formats the owner of a record; null when it belongs to all. */
const toClientIdOrNull = (clientId: string | undefined): string | null => clientId || null;

export const toClientAnswer = (client: Client) => ({
  client_id: client.clientId,
  client_secret: client.clientSecret,
  environment: client.environment,
  allowed_ips: [...client.allowedIps],
  type: client.type,
  grant_type: client.grantType,
  expires_in: getTokenLifetime(client),
  scenario: client.scenario ?? null,
  next_scenario: client.nextScenario ?? null,
});

export const toValidationAnswer = (validation: Validation) => ({
  client_id: toClientIdOrNull(validation.clientId),
  validation_id: validation.validationId,
  exists: validation.exists ?? null,
  confirmed: validation.confirmed ?? null,
  scenario: validation.scenario ?? null,
  calls: validation.calls,
});

/** Messages name a call by its validation id. */
export const toTokenAnswer = ({ token, state, validationIds }: TokenView) => ({
  access_token: token.accessToken,
  client_id: token.clientId,
  state,
  issued_at: formatTime(token.issuedAt),
  expires_at: formatTime(getExpiry(token)),
  validation_ids: [...validationIds],
});

export const toClockAnswer = ({ now, frozen, offsetMs }: ClockView) => ({
  now: formatTime(now),
  frozen,
  offsetMs,
});

const toCallEventAnswer = ({ id, event, at, delivery, pushedAt, postedAt }: Omit<EventView, 'call'>) => ({
  id,
  ...event,
  at: formatTime(at),
  ...(delivery !== undefined && { delivery }),
  pushed_at: formatTimeOrNull(pushedAt),
  posted_at: formatTimeOrNull(postedAt),
});

export const toEventAnswer = ({ call: { clientId, validationId, n }, ...said }: EventView) => ({
  client_id: clientId,
  validation_id: validationId,
  n,
  ...toCallEventAnswer(said),
});

function toActionAnswer(act: Act) {
  if ('agent' in act) return { act: act.agent, name: null };
  if ('fail' in act) return { act: 'fail' as const, name: act.fail };
  if ('post' in act) return { act: 'post' as const, name: act.post.code };
  return { act: 'signal' as const, name: act.signal };
}

const toActAnswer = (act: Act) => ({
  at: formatTime(act.at),
  by: act.isByHand ? ('hand' as const) : ('script' as const),
  ...toActionAnswer(act),
  event: act.event ?? null,
});

export const toCallAnswer = ({ call, view, events, presence, open }: CallDetails) => ({
  client_id: call.clientId,
  validation_id: call.validationId,
  n: call.n,
  state: view.state,
  scenario: call.scenario.name,
  tokens: [...call.tokens],
  opened_at: formatTime(call.openedAt),
  waits_for: view.waitsFor ?? null,
  next_at: formatTimeOrNull(view.nextAt),
  started_at: formatTimeOrNull(call.startedAt),
  ended_at: formatTimeOrNull(view.endedAt),
  possible_actions: [...view.possible],
  acts: view.acts.map(toActAnswer),
  events: events.map(toCallEventAnswer),
  page: open.length > 0 ? ('open' as const) : ('none' as const),
  pages: Object.entries(presence.pages).map(([id, { servedAt, diagnostics }]) => ({
    served_at: formatTime(servedAt),
    open: open.includes(id),
    diagnostics: diagnostics ?? null,
  })),
});

export const toScenarioAnswer = ({ scenario, clientId }: ScenarioView) => ({
  name: scenario.name,
  description: scenario.description ?? null,
  source: clientId === undefined ? ('file' as const) : ('control-api' as const),
  client_id: toClientIdOrNull(clientId),
  steps: toWrittenScenario(scenario).steps,
});

export const toFaultAnswer = ({ clientId, fault }: FaultView) => ({
  id: fault.id,
  client_id: toClientIdOrNull(clientId),
  endpoint: fault.endpoint,
  status: fault.status ?? null,
  retry_after: fault.retryAfter ?? null,
  latency_ms: fault.latency === undefined ? null : [...fault.latency],
  kind: fault.kind ?? null,
  after: fault.after,
  times: fault.times ?? null,
  struck: fault.struck,
});

export const toRequestAnswer = ({ id, value }: JournalRecord) => ({
  id,
  client_id: toClientIdOrNull(value.clientId),
  at: formatTime(value.at),
  received_at: formatTime(value.receivedAt),
  method: value.method,
  path: value.path,
  query: { ...value.query },
  headers: { ...value.headers },
  form: value.form === undefined ? null : { ...value.form },
  from: value.from,
  status: value.status ?? null,
  cause: value.cause ?? null,
  reason: value.reason ?? null,
  fix: value.fix ?? null,
  validation_id: value.validationId ?? null,
  fault_id: value.faultId ?? null,
});

/** A finding with the description of its rule. */
export function toFindingAnswer({ rule, clientId, seen, firstAt, lastAt, times }: Finding) {
  const { seenIn: _, occasion: __, ...described } = RULES[rule];
  return {
    rule,
    ...described,
    client_id: toClientIdOrNull(clientId),
    seen,
    first_at: formatTime(firstAt),
    last_at: formatTime(lastAt),
    times,
  };
}

export function toCoverageAnswer({ asked, ignored }: CoverageView) {
  const toSituation = ({ id, isPlayed }: { readonly id: SituationId; readonly isPlayed: boolean }) => {
    const { guide, title, counts } = SITUATIONS[id];
    return { id, guide, title, counts, play: describePlay(id), played: isPlayed };
  };
  const toIgnored = ({ situation: id, reason }: IgnoredSituation) => ({
    id,
    title: SITUATIONS[id].title,
    reason,
  });
  const played = asked.filter(({ isPlayed }) => isPlayed).length;
  return { ...toListAnswer(asked, toSituation), played, ignored: ignored.map(toIgnored) };
}

/** A list as the control API returns it. */
export const toListAnswer = <T, A>(items: readonly T[], answer: (item: T) => A) => ({
  items: items.map(answer),
  total: items.length,
});

/** A page of a list as the control API returns it. */
export const toPageAnswer = <T, A, Total extends number | null>(
  { items, total, next }: Page<T, Total>,
  answer: (item: T) => A,
) => ({ items: items.map(answer), total, next: next ?? null });
