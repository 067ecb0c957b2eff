import type { ErrorCode } from '../guide/events.ts';
import type { Ms } from './time.ts';

/** What an agent can do in a call. Guide 4. */
export const AGENT_ACTIONS = ['join', 'start', 'record', 'leave', 'end'] as const;

export type AgentAction = (typeof AGENT_ACTIONS)[number];

/** One thing that happens in a scripted call, `after` the step before it. */
export type Step =
  | { readonly after: Ms; readonly agent: AgentAction }
  | { readonly after: Ms; readonly fail: ErrorCode };

/** The course of a call, as data. A call keeps its own copy, so a later change does not reach it. */
export interface Scenario {
  readonly name: string;
  readonly description?: string;
  readonly steps: readonly Step[];
}

/**
 * The error with which a call of this scenario is turned away before there is any call: its first step fails
 * at once. Such a call looks to the client as if it did not exist.
 */
export function failsAtOnce(scenario: Scenario): ErrorCode | undefined {
  const first = scenario.steps[0];
  return first !== undefined && 'fail' in first && first.after === 0 ? first.fail : undefined;
}
