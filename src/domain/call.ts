import { type ErrorCode, EVENTS, type VideocallEvent } from '../guide/events.ts';
import type { AgentAction, Scenario } from './scenario.ts';
import { after, type Instant, latest, ms } from './time.ts';

/** What the client's page shows; also the value of its `data-state`. Guide 4. */
export type CallState = 'waiting-room' | 'loading' | 'in-call' | 'ended' | 'error';

/** What somebody did to a call beside its script. */
export type Deed =
  | { readonly agent: AgentAction }
  | { readonly fail: ErrorCode }
  | { readonly post: VideocallEvent };

type Intervention = Deed & { readonly at: Instant };

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
  /** When a page checked in for the first time; the script runs from here. */
  readonly startedAt?: Instant;
  /** Up to here the history has been told to somebody and can no longer be added to. */
  readonly saidUntil: Instant;
  readonly interventions: readonly Intervention[];
}

/** An event that the call has said. `id` is its place in the call's history, from 0. */
interface SaidEvent {
  readonly id: number;
  readonly at: Instant;
  readonly event: VideocallEvent;
  /** What the page shows from this event on. */
  readonly state: CallState;
}

/** A call seen at one instant. */
export interface CallView {
  readonly state: CallState;
  readonly events: readonly SaidEvent[];
  /** When the agent ended it; this is what completes its tokens. */
  readonly endedAt?: Instant;
  /** When its script will act next, if nobody intervenes. */
  readonly nextAt?: Instant;
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

/** Whether nothing more can come of a call in `state`: the next opening begins another one. */
export const isOver = (state: CallState): boolean => state === 'ended' || state === 'error';

export const newCall = (
  of: Pick<Call, 'clientId' | 'validationId' | 'n' | 'scenario'>,
  now: Instant,
): Call => ({ ...of, tokens: [], openedAt: now, saidUntil: now, interventions: [] });

/** The earliest instant at which something can still be added to the history. */
const settledUntil = (call: Call): Instant =>
  latest(call.saidUntil, call.startedAt ?? call.openedAt, call.interventions.at(-1)?.at ?? call.openedAt);

/**
 * State and history of a call at `now`. At equal instants the script goes before interventions; an agent's
 * action by hand ends the script. A clock that was set back shows the call as it was last seen.
 */
export function callAt(call: Call, now: Instant): CallView {
  const until = latest(now, settledUntil(call));
  const events: SaidEvent[] = [];
  let state: CallState = 'waiting-room';
  let endedAt: Instant | undefined;

  const say = (event: VideocallEvent, at: Instant) => events.push({ id: events.length, at, event, state });
  const happen = (deed: Deed, at: Instant) => {
    if ('post' in deed) {
      say(deed.post, at);
    } else if ('fail' in deed) {
      state = 'error';
      say(EVENTS[deed.fail], at);
    } else if (AGENT[deed.agent].from.includes(state)) {
      const { to, says } = AGENT[deed.agent];
      state = to;
      if (to === 'ended') endedAt = at;
      if (says !== undefined) say(says, at);
    }
  };

  let step = 0;
  let stepsEnd = call.startedAt === undefined ? 0 : call.scenario.steps.length;
  let previous = call.startedAt ?? call.openedAt;
  let byHand = 0;
  for (;;) {
    const scripted = step < stepsEnd ? call.scenario.steps[step] : undefined;
    const scriptedAt = scripted && after(previous, scripted.after);
    const intervention = call.interventions[byHand];
    if (
      scripted &&
      scriptedAt !== undefined &&
      scriptedAt <= until &&
      !(intervention && intervention.at < scriptedAt)
    ) {
      happen(scripted, scriptedAt);
      previous = scriptedAt;
      step += 1;
    } else if (intervention !== undefined && intervention.at <= until) {
      happen(intervention, intervention.at);
      byHand += 1;
      if ('agent' in intervention) stepsEnd = 0;
    } else {
      return {
        state,
        events,
        ...(endedAt !== undefined && { endedAt }),
        ...(scriptedAt !== undefined && !isOver(state) && { nextAt: scriptedAt }),
      };
    }
    if (isOver(state)) stepsEnd = 0;
  }
}

/** `call` with the history closed up to `now`, because it is about to be told. */
export const told = (call: Call, now: Instant): Call => ({
  ...call,
  saidUntil: latest(now, settledUntil(call)),
});

/**
 * `call` with its script started, at the first check-in of a page. Later check-ins change nothing. It starts
 * after whatever was done by hand before, or a step due at once would come to stand in front of that.
 */
export function checkedIn(call: Call, now: Instant): Call {
  if (call.startedAt !== undefined) return call;
  const byHand = call.interventions.at(-1)?.at;
  return {
    ...call,
    startedAt: latest(now, call.saidUntil, byHand === undefined ? now : after(byHand, ms(1))),
  };
}

/** Why something cannot be done to a call now, and what can. */
export interface Impossible {
  readonly state: CallState;
  readonly possible: readonly AgentAction[];
}

/** `call` with `deed` added at `now`, or why that is impossible in its present state. */
export function intervened(call: Call, deed: Deed, now: Instant): Call | Impossible {
  const at = latest(now, settledUntil(call));
  const { state } = callAt(call, at);
  const possible = possibleActions(state);
  if ('agent' in deed ? !possible.includes(deed.agent) : isOver(state)) return { state, possible };
  return { ...call, interventions: [...call.interventions, { ...deed, at }] };
}
