import type { ErrorCode, VideocallEvent } from '../guide/events.ts';
import type { Ms } from './time.ts';

/** The actions of an agent in a call. Guide 4. */
export const AGENT_ACTIONS = ['join', 'start', 'record', 'leave', 'end'] as const;

export type AgentAction = (typeof AGENT_ACTIONS)[number];

/** Delivery faults: ways in which an event fails to reach the page's parent properly. The call itself is not affected. */
export const DELIVERY_FAULTS = [
  'duplicate',
  'drop',
  'late',
  'reorder',
  'wrong-type',
  'json-string',
  'foreign-origin',
  'unknown-code',
] as const;

export type DeliveryFault = (typeof DELIVERY_FAULTS)[number];

/** What can be done in a call, by its script or by hand. */
export type CallAction =
  | { readonly agent: AgentAction }
  | { readonly fail: ErrorCode }
  | { readonly post: VideocallEvent };

/** An action of the script, `after` the previous step. */
type ActionStep = CallAction & { readonly after: Ms; readonly delivery?: DeliveryFault };

/** The script waits for an intervention, or for the timeout. */
interface WaitStep {
  /** `agent-` and an action, or the name of a signal. */
  readonly waitFor: string;
  readonly timeout?: Ms;
}

export type Step = ActionStep | WaitStep;

/** The script of a call, as data. A call keeps its own copy, so a later change does not affect it. */
export interface Scenario {
  readonly name: string;
  readonly description?: string;
  readonly steps: readonly Step[];
}

/** A scenario from the control API, for one client or, when the id is empty, for all. */
export interface StoredScenario {
  readonly clientId: string;
  readonly scenario: Scenario;
}

/** Says that there is no scenario of this name, and lists those that exist. */
export const describeUnknownScenario = (name: string, known: Iterable<string>): string =>
  `there is no scenario "${name}"; known: ${[...known].join(', ')}`;

/** The settings that choose the scenario of a call. */
export interface ScenarioChoices {
  /** The client's setting for its next call. */
  readonly next: string | undefined;
  /** The setting of the validation. */
  readonly validation: string | undefined;
  readonly validationId: string;
  readonly client: string | undefined;
  /** The default scenario. */
  readonly usual: string;
}

/**
 * Names of scenarios for a call, the most specific first. A validation id that is a scenario's name, or starts with one and
 * `~`, chooses it, for users who cannot reach the control API.
 */
export const listCandidates = ({
  next,
  validation,
  validationId,
  client,
  usual,
}: ScenarioChoices): string[] =>
  [next, validation, validationId.split('~', 1)[0], client, usual].filter((name) => name !== undefined);

/** The name by which a script waits for an agent's action. */
export const toWaitName = (action: AgentAction): string => `agent-${action}`;

/**
 * The error of a scenario whose first step fails at once. Such a call never begins: the client sees it as one that does not
 * exist.
 */
export function getImmediateError(scenario: Scenario): ErrorCode | undefined {
  const first = scenario.steps[0];
  return first !== undefined && 'fail' in first && first.after === 0 ? first.fail : undefined;
}
