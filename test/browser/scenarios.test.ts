import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/guide/events.ts';
import { SHIPPED_SCENARIOS } from '../../src/options/shipped-scenarios.ts';
import { useChromium } from '../support/chromium-page.ts';
import { explainMissingTool } from '../support/tools.ts';

const {
  VideocallLoading,
  VideocallInitiated,
  VideocallCompleted,
  VideocallNotFound,
  VideocallServerNotOperational,
} = EVENTS;

/** A message from the frame's own origin, or from another one. */
const own = (data: unknown) => ({ own: true, data });
const foreign = (data: unknown) => ({ own: false, data });
const USUAL = [own(VideocallLoading), own(VideocallInitiated), own(VideocallCompleted)];
const text = (event: object) => own(JSON.stringify(event));

/** For each scenario, all messages that the parent receives and the final state of the call. */
const EXPECTED: Record<string, { heard: unknown[]; state: string }> = {
  happy: { heard: USUAL, state: 'ended' },
  manual: { heard: [], state: 'waiting-room' },
  'agent-never-joins': { heard: [], state: 'waiting-room' },
  'agent-late': { heard: USUAL, state: 'ended' },
  'agent-leaves-before-start': { heard: [own(VideocallLoading), ...USUAL], state: 'ended' },
  'not-found': { heard: [own(VideocallNotFound)], state: 'error' },
  'server-not-operational': { heard: [own(VideocallServerNotOperational)], state: 'error' },
  'server-fails-mid-call': {
    heard: [own(VideocallLoading), own(VideocallInitiated), own(VideocallServerNotOperational)],
    state: 'error',
  },
  'call-outlives-token': { heard: USUAL, state: 'ended' },
  'duplicate-completed': { heard: [...USUAL, own(VideocallCompleted)], state: 'ended' },
  'reordered-events': {
    heard: [own(VideocallInitiated), own(VideocallLoading), own(VideocallCompleted)],
    state: 'ended',
  },
  'completed-late': { heard: USUAL, state: 'ended' },
  'completed-lost': { heard: USUAL.slice(0, 2), state: 'ended' },
  'malformed-event': {
    heard: [
      own({ ...VideocallLoading, type: 'warning' }),
      own({ ...VideocallInitiated, code: 'VideocallUnknown' }),
      own(VideocallCompleted),
    ],
    state: 'ended',
  },
  'events-as-json-string': {
    heard: [text(VideocallLoading), text(VideocallInitiated), text(VideocallCompleted)],
    state: 'ended',
  },
  'foreign-origin-event': {
    heard: [
      own(VideocallLoading),
      foreign(VideocallCompleted),
      own(VideocallInitiated),
      own(VideocallCompleted),
    ],
    state: 'ended',
  },
  'early-event': { heard: USUAL, state: 'ended' },
};

const why = explainMissingTool('chromium');

describe.skipIf(why)(`the shipped scenarios in Chromium${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();

  it('covers every shipped scenario', () => {
    expect(Object.keys(EXPECTED).toSorted()).toEqual([...SHIPPED_SCENARIOS.keys()].toSorted());
  });

  it.each(Object.entries(EXPECTED))('plays the scenario %s', async (scenario, { heard, state }) => {
    const client = await stage.d.createClient({ scenario });
    const query = new URLSearchParams({ access_token: await stage.d.token(client), validation_id: 'val-1' });
    await stage.page.goto(stage.shop.getPageUrl(`${stage.d.mock.browserUrl}/call?${query}`));
    const frame = stage.page.frameLocator('#videocall-iframe');
    await frame.locator('body[data-state]').waitFor();
    // The page has checked in when its stream is open. A call that is refused opens no stream.
    const calls = `/calls?client_id=${client.client_id}`;
    if (!['not-found', 'server-not-operational'].includes(scenario)) {
      await expect.poll(async () => (await stage.d.admin('GET', calls)).json.items[0]?.page).toBe('open');
    }
    // Advance in two steps, for scenarios that need a pause between two events.
    for (const by of ['3s', '10h']) {
      await stage.d.admin('POST', '/clock/advance', { by, client_id: client.client_id });
    }
    await frame.locator(`body[data-state="${state}"]`).waitFor();
    const received = () =>
      stage.page.evaluate(
        (origin) =>
          (window as unknown as { everything: { origin: string; data: unknown }[] }).everything.map(
            (one) => ({
              own: one.origin === origin,
              data: one.data,
            }),
          ),
        stage.d.mock.browserUrl,
      );
    await expect.poll(async () => (await received()).length).toBe(heard.length);
    expect(await received()).toEqual(heard);
    // The shop follows the guide, so no scenario may cause a finding.
    expect((await stage.d.admin('GET', `/findings?client_id=${client.client_id}`)).json.items).toEqual([]);
  });
});
