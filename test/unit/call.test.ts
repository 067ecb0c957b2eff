import { describe, expect, it } from 'vitest';
import {
  type ActionRejection,
  advanceScript,
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
const openCall = (scenario: Scenario): Call =>
  createCall({ clientId: 'c', validationId: 'v', n: 1, scenario }, at(0));
const startCall = (scenario: Scenario): Call => startScript(openCall(scenario), at(0));
const getCodes = (call: Call, now: Instant) => callAt(call, now).events.map(({ event }) => event.code);

function applyAction(call: Call, action: AgentAction, now: Instant): Call {
  const after = intervene(call, { agent: action }, now);
  if ('possible' in after) throw new Error(`${action} is impossible in ${after.state}`);
  return after;
}

describe('call script', () => {
  it('does not run the script before a page has checked in', () => {
    expect(callAt(openCall(happy), at(3600))).toMatchObject({ state: 'waiting-room', events: [], posts: [] });
  });

  it.each([
    [1.999, 'waiting-room', 0],
    [2, 'loading', 1],
    [2.999, 'loading', 1],
    [3, 'in-call', 2],
    [8, 'ended', 3],
  ])('after %s s, the call is in state %s and has %s events', (secondsIn, state, events) => {
    const view = callAt(startCall(happy), at(secondsIn));
    expect([view.state, view.events.length]).toEqual([state, events]);
  });

  it('emits Loading, Initiated and Completed when each is due, with its index as id', () => {
    expect(callAt(startCall(happy), at(100)).events.map(({ at, event }, id) => [id, at, event.code])).toEqual(
      [
        [0, at(2), 'VideocallLoading'],
        [1, at(3), 'VideocallInitiated'],
        [2, at(8), 'VideocallCompleted'],
      ],
    );
  });

  it('returns the time of the next step, and undefined after the last one', () => {
    expect(callAt(startCall(happy), at(0)).nextAt).toBe(at(2));
    expect(callAt(startCall(happy), at(2)).nextAt).toBe(at(3));
    expect(callAt(startCall(happy), at(8)).nextAt).toBeUndefined();
  });

  it('skips the remaining steps once the call is over', () => {
    const failing: Scenario = {
      name: 'failing',
      steps: [
        { after: seconds(1), fail: 'VideocallServerNotOperational' },
        { after: seconds(1), agent: 'join' },
      ],
    };
    const view = callAt(startCall(failing), at(10));
    expect([view.state, view.events.length, view.endedAt, view.nextAt]).toEqual([
      'error',
      1,
      undefined,
      undefined,
    ]);
  });
});

describe('manual agent actions', () => {
  it.each<[AgentAction[], AgentAction[]]>([
    [[], ['join']],
    [['join'], ['start', 'leave', 'end']],
    [
      ['join', 'start'],
      ['record', 'leave', 'end'],
    ],
    [['join', 'leave'], ['join']],
    [['join', 'end'], []],
  ])('after %j, the possible agent actions are %j', (before, possible) => {
    const call = before.reduce((current, action) => applyAction(current, action, at(1)), openCall(manual));
    const actions: AgentAction[] = ['join', 'start', 'record', 'leave', 'end'];
    expect(actions.filter((action) => !('possible' in intervene(call, { agent: action }, at(2))))).toEqual(
      possible,
    );
  });

  it('rejects an impossible action with the state and the possible actions', () => {
    expect(intervene(openCall(manual), { agent: 'end' }, at(1))).toEqual<ActionRejection>({
      state: 'waiting-room',
      possible: ['join'],
    });
  });

  it('stops the script after a manual action', () => {
    const call = applyAction(startCall(happy), 'join', at(1));
    expect(getCodes(call, at(3600))).toEqual(['VideocallLoading']);
  });

  it('applies a manual action after a script step of the same instant', () => {
    const call = applyAction(startCall(happy), 'start', at(2));
    expect(getCodes(call, at(2))).toEqual(['VideocallLoading', 'VideocallInitiated']);
  });

  it('completes the call even if no page was ever open', () => {
    const call = applyAction(applyAction(openCall(manual), 'join', at(1)), 'end', at(2));
    expect(callAt(call, at(2)).endedAt).toBe(at(2));
  });

  it('lists scripted and manual actions, without impossible ones', () => {
    const script: Scenario = {
      name: 'twice',
      steps: [
        { after: seconds(1), agent: 'join' },
        { after: seconds(1), agent: 'join' },
      ],
    };
    const call = applyAction(startCall(script), 'start', at(1.5));
    expect(callAt(call, at(10)).acts).toEqual([
      { at: at(1), agent: 'join', isByHand: false, event: 0 },
      { at: at(1.5), agent: 'start', isByHand: true, event: 1 },
    ]);
    expect(callAt(startCall(script), at(10)).acts).toHaveLength(1);
  });

  it('emits no event when the agent leaves or records', () => {
    const call = (['join', 'start', 'record', 'leave'] as const).reduce(
      (current, action) => applyAction(current, action, at(1)),
      openCall(manual),
    );
    expect([callAt(call, at(1)).state, getCodes(call, at(1))]).toEqual([
      'waiting-room',
      ['VideocallLoading', 'VideocallInitiated'],
    ]);
  });
});

describe('call history', () => {
  it('does not rewrite history when an action has an earlier time', () => {
    const closed = closeHistory(startCall(happy), at(3));
    const call = applyAction(closed, 'end', at(1));
    expect(callAt(call, at(3)).events.map(({ at }) => at)).toEqual([at(2), at(3), at(3)]);
    expect(getCodes(call, at(3))).toEqual(['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted']);
  });

  it('does not rewrite history when a page checks in after the agent has acted', () => {
    const early: Scenario = { name: 'early', steps: [{ after: ms(0), fail: 'VideocallNotFound' }] };
    const before = applyAction(openCall(early), 'join', at(1));
    const call = startScript(before, at(1));
    expect(getCodes(call, at(1)).slice(0, 1)).toEqual(getCodes(before, at(1)));
  });

  it('closes history up to the last event, even if the clock was set back', () => {
    const call = applyAction(startScript(openCall(manual), at(5)), 'join', at(1));
    const closed = closeHistory(call, at(1));
    expect(closed.closedUntil).toBeGreaterThanOrEqual(callAt(closed, at(1)).events.at(-1)?.at ?? at(99));
  });

  it('keeps closed history when the clock is set back', () => {
    expect(callAt(closeHistory(startCall(happy), at(8)), at(0)).state).toBe('ended');
  });
});

describe('waiting script', () => {
  const waiting: Scenario = {
    name: 'waiting',
    steps: [
      { waitFor: 'agent-join', timeout: seconds(60) },
      { waitFor: 'papers-shown' },
      { after: seconds(5), agent: 'end' },
    ],
  };

  it('returns what the script waits for', () => {
    expect(callAt(startCall(waiting), at(1)).waitsFor).toBe('agent-join');
  });

  it('continues the script after the action it waits for', () => {
    const call = applyAction(startCall(waiting), 'join', at(10));
    expect([callAt(call, at(10)).state, callAt(call, at(10)).waitsFor]).toEqual(['loading', 'papers-shown']);
  });

  it('continues the script when the wait times out', () => {
    expect(callAt(startCall(waiting), at(59)).waitsFor).toBe('agent-join');
    expect(callAt(startCall(waiting), at(60)).waitsFor).toBe('papers-shown');
  });

  it('continues the script after the signal it waits for', () => {
    const joined = applyAction(startCall(waiting), 'join', at(10));
    const call = applySignal(joined, 'papers-shown', at(100));
    if (!('clientId' in call)) throw new Error('the signal was refused');
    expect(callAt(call, at(104)).state).toBe('loading');
    expect(callAt(call, at(105)).endedAt).toBe(at(105));
  });

  it('rejects another signal and returns the one the script waits for', () => {
    expect(applySignal(startCall(waiting), 'papers-shown', at(1))).toEqual({ waitsFor: 'agent-join' });
  });

  it('does not run the script if the agent applyAction before it started', () => {
    const before = applyAction(openCall(waiting), 'join', at(-5));
    const call = startScript(before, at(0));
    expect([callAt(call, at(0)).waitsFor, callAt(call, at(3600)).state]).toEqual([undefined, 'loading']);
  });

  it('continues the script at once when the timeout of a wait is zero', () => {
    const call = startCall({
      name: 'hasty',
      steps: [
        { waitFor: 'go', timeout: ms(0) },
        { after: seconds(1), agent: 'join' },
      ],
    });
    expect(callAt(call, at(2)).events.map(({ at }) => at)).toEqual([at(1)]);
  });

  it('stops the script after an action it does not wait for', () => {
    const call = applyAction(applyAction(startCall(waiting), 'join', at(10)), 'start', at(20));
    expect([callAt(call, at(30)).waitsFor, callAt(call, at(3600)).state]).toEqual([undefined, 'in-call']);
  });
});

describe('delivery faults', () => {
  const startWithDeliveries = (...deliveries: (DeliveryFault | undefined)[]): Call =>
    startCall({
      name: 'faulty',
      steps: (['join', 'start', 'end'] as const).map((agent, i) => ({
        after: seconds(1),
        agent,
        ...(deliveries[i] !== undefined && { delivery: deliveries[i] }),
      })),
    });
  const getPosts = (call: Call, now: Instant) => callAt(call, now).posts.map(({ event }) => event);

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
  ])('with the delivery faults %j, the page posts the events %j', (deliveries, events) => {
    expect(getPosts(startWithDeliveries(...deliveries), at(100))).toEqual(events);
  });

  it('keeps state and history the same with delivery faults', () => {
    const [faulty, plain] = [startWithDeliveries('drop', 'drop', 'drop'), startWithDeliveries()].map((call) =>
      callAt(call, at(3)),
    );
    expect([faulty?.state, faulty?.endedAt]).toEqual([plain?.state, plain?.endedAt]);
    expect(faulty?.events.map(({ event }) => event)).toEqual(plain?.events.map(({ event }) => event));
  });

  it('posts a late event ten seconds after its time, even after the call has ended', () => {
    const call = startWithDeliveries(undefined, undefined, 'late');
    expect(getPosts(call, at(12.999))).toEqual([0, 1]);
    expect(callAt(call, at(4)).nextAt).toBe(at(13));
    expect(getPosts(call, at(13))).toEqual([0, 1, 2]);
    expect(callAt(call, at(13)).nextAt).toBeUndefined();
  });

  it('never renumbers an earlier post', () => {
    const call = startWithDeliveries('late', 'reorder', 'late');
    for (let now = 0; now < 20; now += 1) {
      const before = callAt(call, at(now)).posts;
      expect(callAt(call, at(now + 1)).posts.slice(0, before.length)).toEqual(before);
    }
  });
});

describe('time advanced for one call', () => {
  const times = (call: Call, now: Instant) =>
    callAt(call, now).events.map(({ at: then, event }) => [then, event.code]);

  it('brings due steps to the present, in order, and the following ones earlier', () => {
    const call = advanceScript(startCall(happy), seconds(4), at(1));
    expect(times(call, at(1))).toEqual([
      [at(1), 'VideocallLoading'],
      [at(1), 'VideocallInitiated'],
    ]);
    expect(callAt(call, at(1)).nextAt).toBe(at(4));
    expect(times(call, at(4)).at(-1)).toEqual([at(4), 'VideocallCompleted']);
  });

  it('adds up over several advances', () => {
    const call = [0, 0.5, 1].reduce(
      (one, then) => advanceScript(one, seconds(2), at(then)),
      startCall(happy),
    );
    expect(times(call, at(1))).toHaveLength(2);
    expect(callAt(call, at(1)).nextAt).toBe(at(2));
  });

  it('changes nothing before the script has started or after its last step', () => {
    const early = startScript(advanceScript(openCall(happy), seconds(100), at(0)), at(1));
    expect(callAt(early, at(2.9)).events).toEqual([]);
    const late = advanceScript(startCall(happy), seconds(100), at(50));
    expect(times(late, at(50)).map(([then]) => then)).toEqual([at(2), at(3), at(8)]);
  });

  it('leaves an action by hand where it was, and skips the time of a wait', () => {
    const waiting: Scenario = {
      name: 'waiting',
      steps: [{ waitFor: 'agent-join' }, { after: seconds(10), agent: 'start' }],
    };
    const joined = applyAction(advanceScript(startCall(waiting), seconds(60), at(1)), 'join', at(2));
    expect(times(joined, at(11.9))).toEqual([[at(2), 'VideocallLoading']]);
    expect(times(advanceScript(joined, seconds(10), at(3)), at(3)).at(-1)).toEqual([
      at(3),
      'VideocallInitiated',
    ]);
  });

  it('brings late deliveries earlier as well', () => {
    const lost: Scenario = { name: 'late', steps: [{ after: seconds(2), agent: 'join', delivery: 'late' }] };
    const posts = (call: Call, now: Instant) => callAt(call, now).posts.map(({ at: then }) => then);
    expect(posts(advanceScript(startCall(lost), seconds(4), at(3)), at(8))).toEqual([at(8)]);
    expect(posts(advanceScript(startCall(lost), seconds(30), at(1)), at(1))).toEqual([at(1)]);
    expect(posts(advanceScript(startCall(lost), seconds(7), at(1)), at(5))).toEqual([at(5)]);
  });
});

describe('call views', () => {
  const waiting: Scenario = {
    name: 'waiting',
    steps: [
      { waitFor: 'agent-join', timeout: seconds(4) },
      { after: seconds(1), agent: 'start' },
      { after: ms(0), agent: 'end' },
    ],
  };
  /** Every operation on a call. */
  const OPERATIONS: ((call: Call, now: Instant) => Call)[] = [
    (call, now) => advanceScript(call, seconds(3), now),
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

  it.each([happy, manual, waiting])(
    'keeps earlier events and posts through every sequence of three operations on scenario $name',
    (scenario) => {
      // Every sequence of three operations, each at the same instant as the one before or three seconds later.
      const sequences = OPERATIONS.flatMap((a) =>
        OPERATIONS.flatMap((b) => OPERATIONS.map((c) => [a, b, c])),
      );
      for (const awaitsConfirmation of [true, undefined]) {
        for (const pace of [0, 3]) {
          for (const sequence of sequences) {
            let call = { ...openCall(scenario), ...(awaitsConfirmation && { awaitsConfirmation }) };
            for (const [i, operation] of sequence.entries()) {
              const now = at(i * pace);
              const before = callAt(call, now);
              call = operation(call, now);
              const after = callAt(call, now);
              expect(after.events.slice(0, before.events.length)).toEqual(before.events);
              expect(after.posts.slice(0, before.posts.length)).toEqual(before.posts);
            }
          }
        }
      }
    },
  );
});
