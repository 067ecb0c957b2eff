import { EVENTS, type VideocallEvent } from '../guide/events.ts';
import type { AgentAction } from './scenario.ts';

/** States of a call, and what the agent can do in each. */

/** What the client's page shows; also the value of its `data-state`. Guide 4. */
export const CALL_STATES = ['waiting-room', 'loading', 'in-call', 'ended', 'error'] as const;

export type CallState = (typeof CALL_STATES)[number];

/** For each action: the states that permit it, the state after it, and its event. Guide 4 and 5.5.1. */
export const AGENT_TRANSITIONS: Record<
  AgentAction,
  { from: readonly CallState[]; to: CallState; emits?: VideocallEvent }
> = {
  join: { from: ['waiting-room'], to: 'loading', emits: EVENTS.VideocallLoading },
  start: { from: ['loading'], to: 'in-call', emits: EVENTS.VideocallInitiated },
  record: { from: ['in-call'], to: 'in-call' },
  leave: { from: ['loading', 'in-call'], to: 'waiting-room' },
  end: { from: ['loading', 'in-call'], to: 'ended', emits: EVENTS.VideocallCompleted },
};

/** The actions that the agent can take in `state`. */
export const possibleActions = (state: CallState): AgentAction[] =>
  (Object.keys(AGENT_TRANSITIONS) as AgentAction[]).filter((action) =>
    AGENT_TRANSITIONS[action].from.includes(state),
  );

/** The state after `action`. */
export const stateAfterAction = (action: AgentAction): CallState => AGENT_TRANSITIONS[action].to;

/** Whether `action` causes an event. */
export const isAnnounced = (action: AgentAction): boolean => AGENT_TRANSITIONS[action].emits !== undefined;

/** Whether a call in `state` is over: the next opening starts another one. */
export const isOver = (state: CallState): boolean => state === 'ended' || state === 'error';
