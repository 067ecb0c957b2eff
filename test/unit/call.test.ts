import { describe, expect, it } from 'vitest';
import {
  type ActionRejection,
  applySignal,
  type Call,
  callAt,
  closeHistory,
  confirmCall,
  createCall,
  intervene,
  startScript,
} from '../../src/domain/call.ts';
import type { AgentAction, DeliveryFault, Scenario } from '../../src/domain/scenario.ts';
import { type Instant, instant, ms, seconds } from '../../src/domain/time.ts';
import { EVENTS } from '../../src/guide/events.ts';

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
  createCall({ clientId: 'c', validationId: 'v', n: 1, scenario }, at(0));
const started = (scenario: Scenario): Call => startScript(opened(scenario), at(0));
const codes = (call: Call, now: Instant) => callAt(call, now).events.map(({ event }) => event.code);

function acted(call: Call, action: AgentAction, now: Instant): Call {
  const after = intervene(call, { agent: action }, now);
  if ('possible' in after) throw new Error(`${action} is impossible in ${after.state}`);
  return after;
}

describe('the script', () => {
  it('does not run before a page has checked in', () => {
    expect(callAt(opened(happy), at(3600))).toMatchObject({ state: 'waiting-room', events: [], posts: [] });
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
    expect(actions.filter((action) => !('possible' in intervene(call, { agent: action }, at(2))))).toEqual(
      possible,
    );
  });

  it('is told the state and what is possible when an action is not', () => {
    expect(intervene(opened(manual), { agent: 'end' }, at(1))).toEqual<ActionRejection>({
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

  it('tells what was done by the script and by hand, and what was not possible is not among it', () => {
    const script: Scenario = {
      name: 'twice',
      steps: [
        { after: seconds(1), agent: 'join' },
        { after: seconds(1), agent: 'join' },
      ],
    };
    const call = acted(started(script), 'start', at(1.5));
    expect(callAt(call, at(10)).acts).toEqual([
      { at: at(1), agent: 'join', isByHand: false, event: 0 },
      { at: at(1.5), agent: 'start', isByHand: true, event: 1 },
    ]);
    expect(callAt(started(script), at(10)).acts).toHaveLength(1);
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
    const said = closeHistory(started(happy), at(3));
    const call = acted(said, 'end', at(1));
    expect(callAt(call, at(3)).events.map(({ at }) => at)).toEqual([at(2), at(3), at(3)]);
    expect(codes(call, at(3))).toEqual(['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted']);
  });

  it('is not rewritten by a page that checks in after the agent has acted', () => {
    const early: Scenario = { name: 'early', steps: [{ after: ms(0), fail: 'VideocallNotFound' }] };
    const before = acted(opened(early), 'join', at(1));
    const call = startScript(before, at(1));
    expect(codes(call, at(1)).slice(0, 1)).toEqual(codes(before, at(1)));
  });

  it('is closed up to all that was said, also by a clock that was set back', () => {
    const call = acted(startScript(opened(manual), at(5)), 'join', at(1));
    const closed = closeHistory(call, at(1));
    expect(closed.closedUntil).toBeGreaterThanOrEqual(callAt(closed, at(1)).events.at(-1)?.at ?? at(99));
  });

  it('is not taken back when the clock is', () => {
    expect(callAt(closeHistory(started(happy), at(8)), at(0)).state).toBe('ended');
  });
});

describe('a script that waits', () => {
  const waiting: Scenario = {
    name: 'waiting',
    steps: [
      { waitFor: 'agent-join', timeout: seconds(60) },
      { waitFor: 'papers-shown' },
      { after: seconds(5), agent: 'end' },
    ],
  };

  it('says for what', () => {
    expect(callAt(started(waiting), at(1)).waitsFor).toBe('agent-join');
  });

  it('goes on from the action that it waits for, and is not ended by it', () => {
    const call = acted(started(waiting), 'join', at(10));
    expect([callAt(call, at(10)).state, callAt(call, at(10)).waitsFor]).toEqual(['loading', 'papers-shown']);
  });

  it('goes on without it when time is up', () => {
    expect(callAt(started(waiting), at(59)).waitsFor).toBe('agent-join');
    expect(callAt(started(waiting), at(60)).waitsFor).toBe('papers-shown');
  });

  it('goes on from the signal that it waits for', () => {
    const joined = acted(started(waiting), 'join', at(10));
    const call = applySignal(joined, 'papers-shown', at(100));
    if (!('clientId' in call)) throw new Error('the signal was refused');
    expect(callAt(call, at(104)).state).toBe('loading');
    expect(callAt(call, at(105)).endedAt).toBe(at(105));
  });

  it('is told which signal it waits for when it is given another', () => {
    expect(applySignal(started(waiting), 'papers-shown', at(1))).toEqual({ waitsFor: 'agent-join' });
  });

  it('is not answered by what was done before it began', () => {
    const before = acted(opened(waiting), 'join', at(-5));
    const call = startScript(before, at(0));
    expect([callAt(call, at(0)).waitsFor, callAt(call, at(3600)).state]).toEqual([undefined, 'loading']);
  });

  it('goes on at once when it is to wait for no time at all', () => {
    const call = started({
      name: 'hasty',
      steps: [
        { waitFor: 'go', timeout: ms(0) },
        { after: seconds(1), agent: 'join' },
      ],
    });
    expect(callAt(call, at(2)).events.map(({ at }) => at)).toEqual([at(1)]);
  });

  it('is ended by an action that it does not wait for', () => {
    const call = acted(acted(started(waiting), 'join', at(10)), 'start', at(20));
    expect([callAt(call, at(30)).waitsFor, callAt(call, at(3600)).state]).toEqual([undefined, 'in-call']);
  });
});

describe('a fault of delivery', () => {
  const played = (...deliveries: (DeliveryFault | undefined)[]): Call =>
    started({
      name: 'faulty',
      steps: (['join', 'start', 'end'] as const).map((agent, i) => ({
        after: seconds(1),
        agent,
        ...(deliveries[i] !== undefined && { delivery: deliveries[i] }),
      })),
    });
  const posted = (call: Call, now: Instant) => callAt(call, now).posts.map(({ event }) => event);

  it.each<[(DeliveryFault | undefined)[], number[]]>([
    [[], [0, 1, 2]],
    [['duplicate'], [0, 0, 1, 2]],
    [['drop'], [1, 2]],
    [['reorder'], [1, 0, 2]],
    [
      ['reorder', 'reorder'],
      [2, 0, 1],
    ],
    [
      ['reorder', 'drop'],
      [0, 2],
    ],
    [['late'], [1, 2, 0]],
    [
      ['reorder', 'late'],
      [2, 1, 0],
    ],
  ])('%j lets the parent hear the events %j', (deliveries, events) => {
    expect(posted(played(...deliveries), at(100))).toEqual(events);
  });

  it('changes neither the state nor the history', () => {
    const [faulty, plain] = [played('drop', 'drop', 'drop'), played()].map((call) => callAt(call, at(3)));
    expect([faulty?.state, faulty?.endedAt]).toEqual([plain?.state, plain?.endedAt]);
    expect(faulty?.events.map(({ event }) => event)).toEqual(plain?.events.map(({ event }) => event));
  });

  it('that makes an event late lets it come ten seconds after its time, also when the call is over', () => {
    const call = played(undefined, undefined, 'late');
    expect(posted(call, at(12.999))).toEqual([0, 1]);
    expect(callAt(call, at(4)).nextAt).toBe(at(13));
    expect(posted(call, at(13))).toEqual([0, 1, 2]);
    expect(callAt(call, at(13)).nextAt).toBeUndefined();
  });

  it('never gives a post that was made another number, whatever comes', () => {
    const call = played('late', 'reorder', 'late');
    for (let now = 0; now < 20; now += 1) {
      const before = callAt(call, at(now)).posts;
      expect(callAt(call, at(now + 1)).posts.slice(0, before.length)).toEqual(before);
    }
  });
});

describe('every view of a call begins as the one before', () => {
  const waiting: Scenario = {
    name: 'waiting',
    steps: [
      { waitFor: 'agent-join', timeout: seconds(4) },
      { after: seconds(1), agent: 'start' },
      { after: ms(0), agent: 'end' },
    ],
  };
  /** Everything that can be done to a call. */
  const DEEDS: ((call: Call, now: Instant) => Call)[] = [
    startScript,
    confirmCall,
    closeHistory,
    ...(['join', 'start', 'leave', 'end'] as const).map((agent) => (call: Call, now: Instant) => {
      const after = intervene(call, { agent }, now);
      return 'possible' in after ? call : after;
    }),
    (call, now) => {
      const after = intervene(call, { post: EVENTS.VideocallLoading }, now);
      return 'possible' in after ? call : after;
    },
  ];

  it.each([happy, manual, waiting])('whatever is done to it, by the scenario $name', (scenario) => {
    // Every course of three deeds, each at the same instant as the one before or three seconds later.
    const courses = DEEDS.flatMap((a) => DEEDS.flatMap((b) => DEEDS.map((c) => [a, b, c])));
    for (const awaitsConfirmation of [true, undefined]) {
      for (const pace of [0, 3]) {
        for (const course of courses) {
          let call = { ...opened(scenario), ...(awaitsConfirmation && { awaitsConfirmation }) };
          for (const [i, deed] of course.entries()) {
            const now = at(i * pace);
            const before = callAt(call, now);
            call = deed(call, now);
            const after = callAt(call, now);
            expect(after.events.slice(0, before.events.length)).toEqual(before.events);
            expect(after.posts.slice(0, before.posts.length)).toEqual(before.posts);
          }
        }
      }
    }
  });
});
