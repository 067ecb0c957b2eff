import { EVENTS, type VideocallEvent } from '../guide/events.ts';
import { AGENT_TRANSITIONS, type CallState, isOver, possibleActions } from './call-state.ts';
import { type Advance, type EmittedEvent, type Post, toPosts } from './post.ts';
import {
  type AgentAction,
  type CallAction,
  type DeliveryFault,
  type Scenario,
  type Step,
  toWaitName,
} from './scenario.ts';
import { addMs, earliest, type Instant, latest, type Ms, ms } from './time.ts';

/** An intervention in a call, outside its script. `advance` lets time pass for the script alone. */
type Intervention = (CallAction | { readonly signal: string } | { readonly advance: Ms }) & {
  readonly at: Instant;
};

/**
 * A video call of one client for one validation, as a record: all its past and future events follow from it and the time.
 * Nothing in it is ever rewritten, only added.
 */
export interface Call {
  readonly clientId: string;
  readonly validationId: string;
  /** Its number among the client's calls for this validation, from 1. */
  readonly n: number;
  readonly tokens: readonly string[];
  readonly scenario: Scenario;
  readonly openedAt: Instant;
  /** Its validation was not confirmed when it was opened: no agent sees it before `confirmedAt`. Guide 5.3. */
  readonly awaitsConfirmation?: true;
  readonly confirmedAt?: Instant;
  /** When a page checked in for the first time; the script starts then. */
  readonly startedAt?: Instant;
  /** Up to this instant the history has been published, so nothing can be added to it. */
  readonly closedUntil: Instant;
  readonly interventions: readonly Intervention[];
}

/** An action that was taken in a call. */
export type Act = Exclude<Intervention, { readonly advance: Ms }> & {
  /** By an intervention, not by the script. */
  readonly isByHand: boolean;
  /** The id of the event that it caused. */
  readonly event?: number;
};

/** A call seen at one instant. */
export interface CallView {
  readonly state: CallState;
  /** Every state it has been in, the present one last. */
  readonly states: readonly CallState[];
  /** Every action that was taken. */
  readonly acts: readonly Act[];
  /** The actions that the agent can take now. */
  readonly possible: readonly AgentAction[];
  /** Its events; an event's id is its index. */
  readonly events: readonly EmittedEvent[];
  /** The posts of its page so far. */
  readonly posts: readonly Post[];
  /** When the agent ended it; this completes its tokens. */
  readonly endedAt?: Instant;
  /** When something will happen next without interventions. */
  readonly nextAt?: Instant;
  /** What its script waits for now. */
  readonly waitsFor?: string;
  /** How long its client has waited for an agent, or did before the first one joined. */
  readonly waited: Ms;
}

export const createCall = (
  of: Pick<Call, 'clientId' | 'validationId' | 'n' | 'scenario' | 'awaitsConfirmation'>,
  now: Instant,
): Call => ({ ...of, tokens: [], openedAt: now, closedUntil: now, interventions: [] });

/** The earliest instant at which the history can still be extended. */
const earliestAppendAt = (call: Call): Instant =>
  latest(call.closedUntil, call.startedAt ?? call.openedAt, call.interventions.at(-1)?.at ?? call.openedAt);

/** Whether agents cannot see the call yet. */
const isHidden = ({ awaitsConfirmation, confirmedAt }: Call): boolean =>
  awaitsConfirmation === true && confirmedAt === undefined;

/** A call while its timeline is replayed. */
interface Timeline {
  state: CallState;
  readonly states: CallState[];
  readonly acts: Act[];
  readonly emitted: EmittedEvent[];
  readonly advances: Advance[];
  endedAt?: Instant;
  /** When the client left the waiting room first, and how much time had been advanced by then. */
  leftWaitingRoom?: { readonly at: Instant; readonly advanced: number };
}

const sumAdvances = ({ advances }: Timeline): number => advances.reduce((sum, { by }) => sum + by, 0);

function getWaited({ startedAt }: Call, timeline: Timeline, until: Instant): Ms {
  const { at, advanced } = timeline.leftWaitingRoom ?? { at: until, advanced: sumAdvances(timeline) };
  return ms(startedAt === undefined ? 0 : at - startedAt + advanced);
}

function applyAction(
  timeline: Timeline,
  action: CallAction & { at: Instant },
  isByHand: boolean,
  { delivery, due = action.at }: { delivery?: DeliveryFault | undefined; due?: Instant } = {},
): void {
  if ('agent' in action && !AGENT_TRANSITIONS[action.agent].from.includes(timeline.state)) return;
  const { at } = action;
  const emittedBefore = timeline.emitted.length;
  const times = timeline.advances.length;
  const advanced = times > 0 ? { advanced: { times, due } } : {};
  const emit = (event: VideocallEvent) => timeline.emitted.push({ at, event, delivery, ...advanced });
  const enterState = (state: CallState) => {
    timeline.leftWaitingRoom ??= { at, advanced: sumAdvances(timeline) };
    timeline.state = state;
    timeline.states.push(state);
  };
  if ('post' in action) {
    emit(action.post);
  } else if ('fail' in action) {
    enterState('error');
    emit(EVENTS[action.fail]);
  } else {
    const { to, emits } = AGENT_TRANSITIONS[action.agent];
    enterState(to);
    if (to === 'ended') timeline.endedAt = at;
    if (emits !== undefined) emit(emits);
  }
  timeline.acts.push({
    ...action,
    isByHand,
    ...(timeline.emitted.length > emittedBefore && { event: emittedBefore }),
  });
}

/** When a step that began at `startedAt` ends without an intervention. */
function getDueAt(step: Step, startedAt: Instant): Instant | undefined {
  if (!('waitFor' in step)) return addMs(startedAt, step.after);
  return step.timeout === undefined ? undefined : addMs(startedAt, step.timeout);
}

const satisfiesWait = (intervention: Intervention, step: Step | undefined): boolean =>
  step !== undefined &&
  'waitFor' in step &&
  (('agent' in intervention && toWaitName(intervention.agent) === step.waitFor) ||
    ('signal' in intervention && intervention.signal === step.waitFor));

/**
 * State and history of a call at `now`. At equal instants the script goes before interventions. An agent's intervention ends
 * the script, unless the script waits for it. If the clock was set back, the result is the call as it was last seen.
 */
export function callAt(call: Call, now: Instant): CallView {
  const until = latest(now, earliestAppendAt(call));
  const timeline: Timeline = {
    state: 'waiting-room',
    states: ['waiting-room'],
    acts: [],
    emitted: [],
    advances: [],
  };
  const { interventions, scenario } = call;
  let steps: readonly Step[] = call.startedAt === undefined || isHidden(call) ? [] : scenario.steps;
  const scriptStart = latest(call.startedAt ?? call.openedAt, call.confirmedAt ?? call.openedAt);
  // Time that was advanced moves this back. No step happens before the instant at which that was done.
  let stepStartedAt = scriptStart;
  let earliestStepAt = scriptStart;
  let nextIntervention = 0;
  let nextStep = 0;
  for (;;) {
    const step = isOver(timeline.state) ? undefined : steps[nextStep];
    const due = step && getDueAt(step, stepStartedAt);
    const at = due && latest(due, earliestStepAt);
    const intervention = interventions[nextIntervention];
    if (
      step &&
      due !== undefined &&
      at !== undefined &&
      at <= until &&
      !(intervention && intervention.at < at)
    ) {
      if (!('waitFor' in step)) {
        const { after: _, delivery, ...action } = step;
        applyAction(timeline, { ...action, at }, false, { delivery, due });
      }
      stepStartedAt = due;
      nextStep += 1;
    } else if (intervention !== undefined && intervention.at <= until) {
      if ('advance' in intervention) {
        const { advance: by, at: advancedAt } = intervention;
        timeline.advances.push({ by, at: advancedAt });
        if (advancedAt >= scriptStart) {
          stepStartedAt = addMs(stepStartedAt, ms(-by));
          earliestStepAt = advancedAt;
        }
      } else if ('signal' in intervention) timeline.acts.push({ ...intervention, isByHand: true });
      else applyAction(timeline, intervention, true);
      // An intervention before the script began cannot fulfil its wait.
      if (intervention.at >= scriptStart && satisfiesWait(intervention, step)) {
        stepStartedAt = intervention.at;
        nextStep += 1;
      } else if ('agent' in intervention) {
        steps = [];
      }
      nextIntervention += 1;
    } else {
      return {
        ...toView(timeline, until, step, due),
        possible: isHidden(call) ? [] : possibleActions(timeline.state),
        waited: getWaited(call, timeline, until),
      };
    }
  }
}

function toView(
  timeline: Timeline,
  until: Instant,
  step: Step | undefined,
  due: Instant | undefined,
): Omit<CallView, 'possible' | 'waited'> {
  const { state, states, acts, emitted, advances, endedAt } = timeline;
  const posts = toPosts(emitted, advances);
  const nextPostAt = posts.find(({ at }) => at > until)?.at;
  const upcoming = [due, nextPostAt].filter((at) => at !== undefined);
  return {
    state,
    states,
    acts,
    events: emitted,
    posts: posts.filter(({ at }) => at <= until),
    ...(endedAt !== undefined && { endedAt }),
    ...(upcoming.length > 0 && { nextAt: earliest(...upcoming) }),
    ...(step !== undefined && 'waitFor' in step && { waitsFor: step.waitFor }),
  };
}

/** Whether the view has anything that has not been published yet. */
export const hasUnpublished = ({ closedUntil }: Call, { events, posts }: CallView): boolean =>
  [events.at(-1), posts.at(-1)].some((last) => last !== undefined && last.at > closedUntil);

/** `call` with the history closed up to `now`, before it is published. */
export const closeHistory = (call: Call, now: Instant): Call => ({
  ...call,
  closedUntil: latest(now, earliestAppendAt(call)),
});

/** The earliest start of the script: after all interventions, because no step may precede them. */
function earliestScriptStart({ closedUntil, interventions }: Call, now: Instant): Instant {
  const byHand = interventions.at(-1)?.at;
  return latest(now, closedUntil, byHand === undefined ? now : addMs(byHand, ms(1)));
}

/** `call` with its script started, at the first check-in of a page. Later check-ins change nothing. */
export const startScript = (call: Call, now: Instant): Call =>
  call.startedAt === undefined ? { ...call, startedAt: earliestScriptStart(call, now) } : call;

/** `call` with its validation confirmed: agents see it from now on, and its script can run. */
export const confirmCall = (call: Call, now: Instant): Call =>
  isHidden(call) ? { ...call, confirmedAt: earliestScriptStart(call, now) } : call;

/** `call` with time advanced for its script alone. */
export const advanceScript = (call: Call, by: Ms, now: Instant): Call => ({
  ...call,
  interventions: [...call.interventions, { advance: by, at: latest(now, earliestAppendAt(call)) }],
});

/** Why an action is impossible now, and which are possible. */
export interface ActionRejection {
  readonly state: CallState;
  readonly possible: readonly AgentAction[];
  /** Agents cannot see the call before its validation is confirmed. */
  readonly hidden?: true;
}

/** `call` with `action` added at `now`, or why that is impossible in its present state. */
export function intervene(call: Call, action: CallAction, now: Instant): Call | ActionRejection {
  const at = latest(now, earliestAppendAt(call));
  const { state, possible } = callAt(call, at);
  if ('agent' in action ? !possible.includes(action.agent) : isOver(state)) {
    return { state, possible, ...(isHidden(call) && { hidden: true }) };
  }
  return { ...call, interventions: [...call.interventions, { ...action, at }] };
}

/** `call` with a signal that its script waits for, or what it waits for instead. */
export function applySignal(
  call: Call,
  signal: string,
  now: Instant,
): Call | { readonly waitsFor: string | undefined } {
  const at = latest(now, earliestAppendAt(call));
  const { waitsFor } = callAt(call, at);
  if (waitsFor !== signal) return { waitsFor };
  return { ...call, interventions: [...call.interventions, { signal, at }] };
}
