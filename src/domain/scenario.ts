import type { ErrorCode, VideocallEvent } from '../guide/events.ts';
import type { Ms } from './time.ts';

/** What an agent can do in a call. Guide 4. */
export const AGENT_ACTIONS = ['join', 'start', 'record', 'leave', 'end'] as const;

export type AgentAction = (typeof AGENT_ACTIONS)[number];

/** Ways in which an event reaches the page's parent otherwise than it should. The call itself goes on as ever. */
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

/** What can happen in a call, by script or by hand. */
export type CallAction =
  | { readonly agent: AgentAction }
  | { readonly fail: ErrorCode }
  | { readonly post: VideocallEvent };

/** A deed of the script, `after` the step before it. */
type ActionStep = CallAction & { readonly after: Ms; readonly delivery?: DeliveryFault };

/** The script stands still until this is done by hand, or until time is up. */
interface WaitStep {
  /** `agent-` and an action, or the name of a signal. */
  readonly waitFor: string;
  readonly timeout?: Ms;
}

export type Step = ActionStep | WaitStep;

/** The course of a call, as data. A call keeps its own copy, so a later change does not reach it. */
export interface Scenario {
  readonly name: string;
  readonly description?: string;
  readonly steps: readonly Step[];
}

/** A scenario that was put in over the control API, for one client or, where the id is empty, for all. */
export interface StoredScenario {
  readonly clientId: string;
  readonly scenario: Scenario;
}

/** Says that there is no scenario of this name, and which there are. */
export const describeUnknownScenario = (name: string, known: Iterable<string>): string =>
  `there is no scenario "${name}"; known: ${[...known].join(', ')}`;

/** What is said of the scenario of a call, by whom. */
export interface ScenarioChoices {
  /** What the control API set for the validation. */
  readonly validation: string | undefined;
  readonly validationId: string;
  readonly client: string | undefined;
  /** What holds where nobody wishes otherwise. */
  readonly usual: string;
}

/**
 * Names of the scenarios that a call is wished to play, the nearest wish first. A validation id that is a
 * scenario's name, or begins with one and `~`, is such a wish, for those who cannot reach the control API.
 */
export const listCandidates = ({ validation, validationId, client, usual }: ScenarioChoices): string[] =>
  [validation, validationId.split('~', 1)[0], client, usual].filter((name) => name !== undefined);

/** The name under which a script waits for an agent's action. */
export const toWaitName = (action: AgentAction): string => `agent-${action}`;

/**
 * The error with which a call of this scenario is turned away before there is any call: its first step fails
 * at once. Such a call looks to the client as if it did not exist.
 */
export function getImmediateError(scenario: Scenario): ErrorCode | undefined {
  const first = scenario.steps[0];
  return first !== undefined && 'fail' in first && first.after === 0 ? first.fail : undefined;
}
