import { EVENTS, type VideocallEvent } from '../guide/events.ts';
import { type EmittedEvent, type Post, toPosts } from './post.ts';
import {
  type AgentAction,
  type CallAction,
  type DeliveryFault,
  type Scenario,
  type Step,
  toWaitName,
} from './scenario.ts';
import { addMs, earliest, type Instant, latest, ms } from './time.ts';

/** What the client's page shows; also the value of its `data-state`. Guide 4. */
export const CALL_STATES = ['waiting-room', 'loading', 'in-call', 'ended', 'error'] as const;

export type CallState = (typeof CALL_STATES)[number];

/** What somebody did to a call beside its script. */
type Intervention = (CallAction | { readonly signal: string }) & { readonly at: Instant };

/**
 * A video call of one client for one validation, as a record: everything it has said and will say follows
 * from this and the time. Nothing in it is ever rewritten, only added.
 */
export interface Call {
  readonly clientId: string;
  readonly validationId: string;
  /** Which call of this client for this validation, from 1. */
  readonly n: number;
  readonly tokens: readonly string[];
  readonly scenario: Scenario;
  readonly openedAt: Instant;
  /** Its validation was not confirmed when it was opened: no agent sees it before `confirmedAt`. Guide 5.3. */
  readonly awaitsConfirmation?: true;
  readonly confirmedAt?: Instant;
  /** When a page checked in for the first time; the script runs from here. */
  readonly startedAt?: Instant;
  /** Up to here the history has been told to somebody and can no longer be added to. */
  readonly closedUntil: Instant;
  readonly interventions: readonly Intervention[];
}

/** Something that was done in a call. */
export type Act = Intervention & {
  /** By hand, and not by the script. */
  readonly isByHand: boolean;
  /** What was said by it, as the id of an event. */
  readonly event?: number;
};

/** A call seen at one instant. */
export interface CallView {
  readonly state: CallState;
  /** Every state that it has been in, the present one last. */
  readonly states: readonly CallState[];
  /** All that was done in it. */
  readonly acts: readonly Act[];
  /** What the agent can do now. */
  readonly possible: readonly AgentAction[];
  /** What it has said; an event's id is its place here. */
  readonly events: readonly EmittedEvent[];
  /** What its page has to post so far. */
  readonly posts: readonly Post[];
  /** When the agent ended it; this is what completes its tokens. */
  readonly endedAt?: Instant;
  /** When something will happen next, if nobody intervenes. */
  readonly nextAt?: Instant;
  /** What its script waits for now. */
  readonly waitsFor?: string;
}

/** From which states an action is possible, where it leads and what is said. Guide 4 and 5.5.1. */
const AGENT_TRANSITIONS: Record<
  AgentAction,
  { from: readonly CallState[]; to: CallState; emits?: VideocallEvent }
> = {
  join: { from: ['waiting-room'], to: 'loading', emits: EVENTS.VideocallLoading },
  start: { from: ['loading'], to: 'in-call', emits: EVENTS.VideocallInitiated },
  record: { from: ['in-call'], to: 'in-call' },
  leave: { from: ['loading', 'in-call'], to: 'waiting-room' },
  end: { from: ['loading', 'in-call'], to: 'ended', emits: EVENTS.VideocallCompleted },
};

/** What the agent can do while the call is in `state`. */
export const possibleActions = (state: CallState): AgentAction[] =>
  (Object.keys(AGENT_TRANSITIONS) as AgentAction[]).filter((action) =>
    AGENT_TRANSITIONS[action].from.includes(state),
  );

/** The state in which the call is after `action`. */
export const stateAfterAction = (action: AgentAction): CallState => AGENT_TRANSITIONS[action].to;

/** Whether `action` is announced by an event. */
export const isAnnounced = (action: AgentAction): boolean => AGENT_TRANSITIONS[action].emits !== undefined;

/** Whether nothing more can come of a call in `state`: the next opening begins another one. */
export const isOver = (state: CallState): boolean => state === 'ended' || state === 'error';

export const createCall = (
  of: Pick<Call, 'clientId' | 'validationId' | 'n' | 'scenario' | 'awaitsConfirmation'>,
  now: Instant,
): Call => ({ ...of, tokens: [], openedAt: now, closedUntil: now, interventions: [] });

/** The earliest instant at which something can still be added to the history. */
const earliestAppendAt = (call: Call): Instant =>
  latest(call.closedUntil, call.startedAt ?? call.openedAt, call.interventions.at(-1)?.at ?? call.openedAt);

/** Whether no agent can see the call. */
const isHidden = ({ awaitsConfirmation, confirmedAt }: Call): boolean =>
  awaitsConfirmation === true && confirmedAt === undefined;

/** A call on its way through time. */
interface Timeline {
  state: CallState;
  readonly states: CallState[];
  readonly acts: Act[];
  readonly emitted: EmittedEvent[];
  endedAt?: Instant;
}

function applyAction(
  timeline: Timeline,
  action: CallAction & { at: Instant },
  isByHand: boolean,
  delivery?: DeliveryFault,
): void {
  if ('agent' in action && !AGENT_TRANSITIONS[action.agent].from.includes(timeline.state)) return;
  const { at } = action;
  const emittedBefore = timeline.emitted.length;
  const emit = (event: VideocallEvent) => timeline.emitted.push({ at, event, delivery });
  const enterState = (state: CallState) => {
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

/** When a step is over by itself, if it began at `begun`. */
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
 * State and history of a call at `now`. At equal instants the script goes before interventions. An agent's
 * action by hand ends the script, unless it is what the script waits for. A clock that was set back shows the
 * call as it was last seen.
 */
export function callAt(call: Call, now: Instant): CallView {
  const until = latest(now, earliestAppendAt(call));
  const timeline: Timeline = { state: 'waiting-room', states: ['waiting-room'], acts: [], emitted: [] };
  const { interventions, scenario } = call;
  let steps: readonly Step[] = call.startedAt === undefined || isHidden(call) ? [] : scenario.steps;
  const scriptStart = latest(call.startedAt ?? call.openedAt, call.confirmedAt ?? call.openedAt);
  let stepStartedAt = scriptStart;
  let nextIntervention = 0;
  let nextStep = 0;
  for (;;) {
    const step = isOver(timeline.state) ? undefined : steps[nextStep];
    const due = step && getDueAt(step, stepStartedAt);
    const intervention = interventions[nextIntervention];
    if (step && due !== undefined && due <= until && !(intervention && intervention.at < due)) {
      if (!('waitFor' in step)) {
        const { after: _, delivery, ...action } = step;
        applyAction(timeline, { ...action, at: due }, false, delivery);
      }
      stepStartedAt = due;
      nextStep += 1;
    } else if (intervention !== undefined && intervention.at <= until) {
      if ('signal' in intervention) timeline.acts.push({ ...intervention, isByHand: true });
      else applyAction(timeline, intervention, true);
      // What was done before the script began is no answer to it.
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
      };
    }
  }
}

function toView(
  timeline: Timeline,
  until: Instant,
  step: Step | undefined,
  due: Instant | undefined,
): Omit<CallView, 'possible'> {
  const { state, states, acts, emitted, endedAt } = timeline;
  const posts = toPosts(emitted);
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

/** Whether `view` holds anything of which nobody has been told yet. */
export const hasUnpublished = ({ closedUntil }: Call, { events, posts }: CallView): boolean =>
  [events.at(-1), posts.at(-1)].some((last) => last !== undefined && last.at > closedUntil);

/** `call` with the history closed up to `now`, because it is about to be told. */
export const closeHistory = (call: Call, now: Instant): Call => ({
  ...call,
  closedUntil: latest(now, earliestAppendAt(call)),
});

/** From when on the script can run: behind what was done by hand, before which no step may come to stand. */
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

/** Why something cannot be done to a call now, and what can. */
export interface ActionRejection {
  readonly state: CallState;
  readonly possible: readonly AgentAction[];
  /** No agent can see the call before its validation is confirmed. */
  readonly hidden?: true;
}

/** `call` with `deed` added at `now`, or why that is impossible in its present state. */
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
