import { EVENTS, type VideocallEvent } from '../guide/events.ts';
import { type Post, postsOf, type Said } from './post.ts';
import { type AgentAction, awaited, type Deed, type Delivery, type Scenario, type Step } from './scenario.ts';
import { after, earliest, type Instant, latest, ms } from './time.ts';

/** What the client's page shows; also the value of its `data-state`. Guide 4. */
export const CALL_STATES = ['waiting-room', 'loading', 'in-call', 'ended', 'error'] as const;

export type CallState = (typeof CALL_STATES)[number];

/** What somebody did to a call beside its script. */
type Intervention = (Deed | { readonly signal: string }) & { readonly at: Instant };

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
  readonly saidUntil: Instant;
  readonly interventions: readonly Intervention[];
}

/** Something that was done in a call. */
export type Act = Intervention & {
  /** By hand, and not by the script. */
  readonly byHand: boolean;
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
  readonly events: readonly Said[];
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
const AGENT: Record<AgentAction, { from: readonly CallState[]; to: CallState; says?: VideocallEvent }> = {
  join: { from: ['waiting-room'], to: 'loading', says: EVENTS.VideocallLoading },
  start: { from: ['loading'], to: 'in-call', says: EVENTS.VideocallInitiated },
  record: { from: ['in-call'], to: 'in-call' },
  leave: { from: ['loading', 'in-call'], to: 'waiting-room' },
  end: { from: ['loading', 'in-call'], to: 'ended', says: EVENTS.VideocallCompleted },
};

/** What the agent can do while the call is in `state`. */
export const possibleActions = (state: CallState): AgentAction[] =>
  (Object.keys(AGENT) as AgentAction[]).filter((action) => AGENT[action].from.includes(state));

/** The state in which the call is after `action`. */
export const leadsTo = (action: AgentAction): CallState => AGENT[action].to;

/** Whether `action` is announced by an event. */
export const isAnnounced = (action: AgentAction): boolean => AGENT[action].says !== undefined;

/** Whether nothing more can come of a call in `state`: the next opening begins another one. */
export const isOver = (state: CallState): boolean => state === 'ended' || state === 'error';

export const newCall = (
  of: Pick<Call, 'clientId' | 'validationId' | 'n' | 'scenario' | 'awaitsConfirmation'>,
  now: Instant,
): Call => ({ ...of, tokens: [], openedAt: now, saidUntil: now, interventions: [] });

/** The earliest instant at which something can still be added to the history. */
const settledUntil = (call: Call): Instant =>
  latest(call.saidUntil, call.startedAt ?? call.openedAt, call.interventions.at(-1)?.at ?? call.openedAt);

/** Whether no agent can see the call. */
const isHidden = ({ awaitsConfirmation, confirmedAt }: Call): boolean =>
  awaitsConfirmation === true && confirmedAt === undefined;

/** A call on its way through time. */
interface Course {
  state: CallState;
  readonly states: CallState[];
  readonly acts: Act[];
  readonly said: Said[];
  endedAt?: Instant;
}

function happen(course: Course, deed: Deed & { at: Instant }, byHand: boolean, delivery?: Delivery): void {
  if ('agent' in deed && !AGENT[deed.agent].from.includes(course.state)) return;
  const { at } = deed;
  const before = course.said.length;
  const say = (event: VideocallEvent) => course.said.push({ at, event, delivery });
  const enter = (state: CallState) => {
    course.state = state;
    course.states.push(state);
  };
  if ('post' in deed) {
    say(deed.post);
  } else if ('fail' in deed) {
    enter('error');
    say(EVENTS[deed.fail]);
  } else {
    const { to, says } = AGENT[deed.agent];
    enter(to);
    if (to === 'ended') course.endedAt = at;
    if (says !== undefined) say(says);
  }
  course.acts.push({ ...deed, byHand, ...(course.said.length > before && { event: before }) });
}

/** When a step is over by itself, if it began at `begun`. */
function dueAt(step: Step, begun: Instant): Instant | undefined {
  if (!('waitFor' in step)) return after(begun, step.after);
  return step.timeout === undefined ? undefined : after(begun, step.timeout);
}

const answers = (intervention: Intervention, step: Step | undefined): boolean =>
  step !== undefined &&
  'waitFor' in step &&
  (('agent' in intervention && awaited(intervention.agent) === step.waitFor) ||
    ('signal' in intervention && intervention.signal === step.waitFor));

/**
 * State and history of a call at `now`. At equal instants the script goes before interventions. An agent's
 * action by hand ends the script, unless it is what the script waits for. A clock that was set back shows the
 * call as it was last seen.
 */
export function callAt(call: Call, now: Instant): CallView {
  const until = latest(now, settledUntil(call));
  const course: Course = { state: 'waiting-room', states: ['waiting-room'], acts: [], said: [] };
  const { interventions, scenario } = call;
  let steps: readonly Step[] = call.startedAt === undefined || isHidden(call) ? [] : scenario.steps;
  const start = latest(call.startedAt ?? call.openedAt, call.confirmedAt ?? call.openedAt);
  let begun = start;
  let byHand = 0;
  let next = 0;
  for (;;) {
    const step = isOver(course.state) ? undefined : steps[next];
    const due = step && dueAt(step, begun);
    const intervention = interventions[byHand];
    if (step && due !== undefined && due <= until && !(intervention && intervention.at < due)) {
      if (!('waitFor' in step)) {
        const { after: _, delivery, ...deed } = step;
        happen(course, { ...deed, at: due }, false, delivery);
      }
      begun = due;
      next += 1;
    } else if (intervention !== undefined && intervention.at <= until) {
      if ('signal' in intervention) course.acts.push({ ...intervention, byHand: true });
      else happen(course, intervention, true);
      // What was done before the script began is no answer to it.
      if (intervention.at >= start && answers(intervention, step)) {
        begun = intervention.at;
        next += 1;
      } else if ('agent' in intervention) {
        steps = [];
      }
      byHand += 1;
    } else {
      return {
        ...viewOf(course, until, step, due),
        possible: isHidden(call) ? [] : possibleActions(course.state),
      };
    }
  }
}

function viewOf(
  course: Course,
  until: Instant,
  step: Step | undefined,
  due: Instant | undefined,
): Omit<CallView, 'possible'> {
  const { state, states, acts, said, endedAt } = course;
  const posts = postsOf(said);
  const pending = posts.find(({ at }) => at > until)?.at;
  const coming = [due, pending].filter((at) => at !== undefined);
  return {
    state,
    states,
    acts,
    events: said,
    posts: posts.filter(({ at }) => at <= until),
    ...(endedAt !== undefined && { endedAt }),
    ...(coming.length > 0 && { nextAt: earliest(...coming) }),
    ...(step !== undefined && 'waitFor' in step && { waitsFor: step.waitFor }),
  };
}

/** Whether `view` holds anything of which nobody has been told yet. */
export const isNews = ({ saidUntil }: Call, { events, posts }: CallView): boolean =>
  [events.at(-1), posts.at(-1)].some((last) => last !== undefined && last.at > saidUntil);

/** `call` with the history closed up to `now`, because it is about to be told. */
export const told = (call: Call, now: Instant): Call => ({
  ...call,
  saidUntil: latest(now, settledUntil(call)),
});

/** From when on the script can run: behind what was done by hand, before which no step may come to stand. */
function freshStart({ saidUntil, interventions }: Call, now: Instant): Instant {
  const byHand = interventions.at(-1)?.at;
  return latest(now, saidUntil, byHand === undefined ? now : after(byHand, ms(1)));
}

/** `call` with its script started, at the first check-in of a page. Later check-ins change nothing. */
export const checkedIn = (call: Call, now: Instant): Call =>
  call.startedAt === undefined ? { ...call, startedAt: freshStart(call, now) } : call;

/** `call` with its validation confirmed: agents see it from now on, and its script can run. */
export const confirmed = (call: Call, now: Instant): Call =>
  isHidden(call) ? { ...call, confirmedAt: freshStart(call, now) } : call;

/** Why something cannot be done to a call now, and what can. */
export interface Impossible {
  readonly state: CallState;
  readonly possible: readonly AgentAction[];
  /** No agent can see the call before its validation is confirmed. */
  readonly hidden?: true;
}

/** `call` with `deed` added at `now`, or why that is impossible in its present state. */
export function intervened(call: Call, deed: Deed, now: Instant): Call | Impossible {
  const at = latest(now, settledUntil(call));
  const { state, possible } = callAt(call, at);
  if ('agent' in deed ? !possible.includes(deed.agent) : isOver(state)) {
    return { state, possible, ...(isHidden(call) && { hidden: true }) };
  }
  return { ...call, interventions: [...call.interventions, { ...deed, at }] };
}

/** `call` with a signal that its script waits for, or what it waits for instead. */
export function signalled(
  call: Call,
  signal: string,
  now: Instant,
): Call | { readonly waitsFor: string | undefined } {
  const at = latest(now, settledUntil(call));
  const { waitsFor } = callAt(call, at);
  if (waitsFor !== signal) return { waitsFor };
  return { ...call, interventions: [...call.interventions, { signal, at }] };
}
