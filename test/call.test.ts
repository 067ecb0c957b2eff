import { describe, expect, it } from 'vitest';
import {
  type Call,
  callAt,
  checkedIn,
  type Impossible,
  intervened,
  newCall,
  told,
} from '../src/domain/call.ts';
import type { AgentAction, Scenario } from '../src/domain/scenario.ts';
import { type Instant, instant, ms, seconds } from '../src/domain/time.ts';

const happy: Scenario = {
  name: 'happy',
  steps: [
    { after: seconds(2), agent: 'join' },
    { after: seconds(1), agent: 'start' },
    { after: seconds(5), agent: 'end' },
  ],
};
const manual: Scenario = { name: 'manual', steps: [] };

const at = (secondsIn: number): Instant => instant(1_000_000 + secondsIn * 1000);
const opened = (scenario: Scenario): Call =>
  newCall({ clientId: 'c', validationId: 'v', n: 1, scenario }, at(0));
const started = (scenario: Scenario): Call => checkedIn(opened(scenario), at(0));
const codes = (call: Call, now: Instant) => callAt(call, now).events.map(({ event }) => event.code);

function acted(call: Call, action: AgentAction, now: Instant): Call {
  const after = intervened(call, { agent: action }, now);
  if ('possible' in after) throw new Error(`${action} is impossible in ${after.state}`);
  return after;
}

describe('the script', () => {
  it('does not run before a page has checked in', () => {
    expect(callAt(opened(happy), at(3600))).toEqual({ state: 'waiting-room', events: [] });
  });

  it.each([
    [1.999, 'waiting-room', 0],
    [2, 'loading', 1],
    [2.999, 'loading', 1],
    [3, 'in-call', 2],
    [8, 'ended', 3],
  ])('has come %s s after the check-in to %s, with %s events', (secondsIn, state, events) => {
    const view = callAt(started(happy), at(secondsIn));
    expect([view.state, view.events.length]).toEqual([state, events]);
  });

  it('says Loading, Initiated, Completed, each when it was due and with its place as id', () => {
    expect(callAt(started(happy), at(100)).events.map(({ at, event }, id) => [id, at, event.code])).toEqual([
      [0, at(2), 'VideocallLoading'],
      [1, at(3), 'VideocallInitiated'],
      [2, at(8), 'VideocallCompleted'],
    ]);
  });

  it('names the instant of the next step, and none after the last', () => {
    expect(callAt(started(happy), at(0)).nextAt).toBe(at(2));
    expect(callAt(started(happy), at(2)).nextAt).toBe(at(3));
    expect(callAt(started(happy), at(8)).nextAt).toBeUndefined();
  });

  it('ends with the call, whatever steps are left', () => {
    const failing: Scenario = {
      name: 'failing',
      steps: [
        { after: seconds(1), fail: 'VideocallServerNotOperational' },
        { after: seconds(1), agent: 'join' },
      ],
    };
    const view = callAt(started(failing), at(10));
    expect([view.state, view.events.length, view.endedAt, view.nextAt]).toEqual([
      'error',
      1,
      undefined,
      undefined,
    ]);
  });
});

describe('the agent by hand', () => {
  it.each<[AgentAction[], AgentAction[]]>([
    [[], ['join']],
    [['join'], ['start', 'leave', 'end']],
    [
      ['join', 'start'],
      ['record', 'leave', 'end'],
    ],
    [['join', 'leave'], ['join']],
    [['join', 'end'], []],
  ])('can after %j do only %j', (before, possible) => {
    const call = before.reduce((so, action) => acted(so, action, at(1)), opened(manual));
    const actions: AgentAction[] = ['join', 'start', 'record', 'leave', 'end'];
    expect(actions.filter((action) => !('possible' in intervened(call, { agent: action }, at(2))))).toEqual(
      possible,
    );
  });

  it('is told the state and what is possible when an action is not', () => {
    expect(intervened(opened(manual), { agent: 'end' }, at(1))).toEqual<Impossible>({
      state: 'waiting-room',
      possible: ['join'],
    });
  });

  it('ends the script: the call is by hand from then on', () => {
    const call = acted(started(happy), 'join', at(1));
    expect(codes(call, at(3600))).toEqual(['VideocallLoading']);
  });

  it('acts after the script at the same instant', () => {
    const call = acted(started(happy), 'start', at(2));
    expect(codes(call, at(2))).toEqual(['VideocallLoading', 'VideocallInitiated']);
  });

  it('completes the call when no page was ever open', () => {
    const call = acted(acted(opened(manual), 'join', at(1)), 'end', at(2));
    expect(callAt(call, at(2)).endedAt).toBe(at(2));
  });

  it('says nothing when leaving or recording', () => {
    const call = (['join', 'start', 'record', 'leave'] as const).reduce(
      (so, a) => acted(so, a, at(1)),
      opened(manual),
    );
    expect([callAt(call, at(1)).state, codes(call, at(1))]).toEqual([
      'waiting-room',
      ['VideocallLoading', 'VideocallInitiated'],
    ]);
  });
});

describe('history', () => {
  it('is not rewritten by an action that comes with an earlier time', () => {
    const said = told(started(happy), at(3));
    const call = acted(said, 'end', at(1));
    expect(callAt(call, at(3)).events.map(({ at }) => at)).toEqual([at(2), at(3), at(3)]);
    expect(codes(call, at(3))).toEqual(['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted']);
  });

  it('is not rewritten by a page that checks in after the agent has acted', () => {
    const early: Scenario = { name: 'early', steps: [{ after: ms(0), fail: 'VideocallNotFound' }] };
    const before = acted(opened(early), 'join', at(1));
    const call = checkedIn(before, at(1));
    expect(codes(call, at(1)).slice(0, 1)).toEqual(codes(before, at(1)));
  });

  it('is closed up to all that was said, also by a clock that was set back', () => {
    const call = acted(checkedIn(opened(manual), at(5)), 'join', at(1));
    const closed = told(call, at(1));
    expect(closed.saidUntil).toBeGreaterThanOrEqual(callAt(closed, at(1)).events.at(-1)?.at ?? at(99));
  });

  it('is not taken back when the clock is', () => {
    expect(callAt(told(started(happy), at(8)), at(0)).state).toBe('ended');
  });
});
