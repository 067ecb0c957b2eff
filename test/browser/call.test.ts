import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/guide/events.ts';
import { useChromium } from '../support/chromium-page.ts';
import { openDrive } from '../support/drive.ts';
import { getHeardEvents, waitForEvents } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

describe.skipIf(why)(`the call page in Chromium${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();

  const address = (token: string, validationId: string) =>
    `${stage.d.mock.browserUrl}/call?${new URLSearchParams({ access_token: token, validation_id: validationId })}`;
  const frame = () => stage.page.frameLocator('#videocall-iframe');
  const screen = (state: string) => frame().locator(`body[data-state="${state}"]`).waitFor();

  /** Creates a client, and opens a shop page that embeds one of its calls. */
  async function embed(scenario: string, validationId = 'val-1') {
    const client = await stage.d.createClient({ scenario });
    const token = await stage.d.token(client);
    await stage.page.goto(stage.shop.getPageUrl(address(token, validationId)));
    const { client_id } = client;
    return {
      token,
      advance: (by: string) => stage.d.admin('POST', '/clock/advance', { by, client_id }),
      agent: (action: string) => stage.d.admin('POST', `/calls/${validationId}/agent`, { action, client_id }),
      call: async () => (await stage.d.admin('GET', `/calls/${validationId}?client_id=${client_id}`)).json,
      reset: () => stage.d.admin('POST', '/reset', { client_id }),
    };
  }

  it('posts Loading, Initiated and Completed in order, each with exactly three keys', async () => {
    const { advance } = await embed('happy');
    await screen('waiting-room');
    await advance('1h');
    expect(await waitForEvents(stage.page, 3)).toEqual([
      EVENTS.VideocallLoading,
      EVENTS.VideocallInitiated,
      EVENTS.VideocallCompleted,
    ]);
    await screen('ended');
  });

  it('plays the happy scenario in real time', async () => {
    await embed('happy');
    expect((await waitForEvents(stage.page, 3)).map(({ code }) => code)).toEqual([
      'VideocallLoading',
      'VideocallInitiated',
      'VideocallCompleted',
    ]);
  });

  it('posts the first event of a late agent when time is advanced as soon as the call exists', async () => {
    const client = await stage.d.createClient({ scenario: 'agent-late' });
    const { client_id } = client;
    const src = address(await stage.d.token(client), 'val-1');
    const loaded = stage.page.goto(stage.shop.getPageUrl(src));
    await stage.d.admin('POST', '/wait', { for: { call_state: 'waiting-room' }, client_id });
    await stage.d.admin('POST', '/clock/advance', { by: '10m', client_id });
    await loaded;
    expect(await waitForEvents(stage.page, 1)).toEqual([EVENTS.VideocallLoading]);
  });

  it('answers an agent action after its event although the page is still loading', async () => {
    const client = await stage.d.createClient({ scenario: 'manual' });
    const { client_id } = client;
    const loaded = stage.page.goto(stage.shop.getPageUrl(address(await stage.d.token(client), 'val-1')));
    await stage.d.admin('POST', '/wait', { for: { call_state: 'waiting-room' }, client_id });
    const { json } = await stage.d.admin('POST', '/calls/val-1/agent', { action: 'join', client_id });
    expect(json).toMatchObject({ page: 'posted' });
    await loaded;
  });

  it("posts the three events although a test framework has paused the page's clock", async () => {
    await stage.page.clock.install({ time: new Date('2030-01-01T00:00:00Z') });
    await stage.page.clock.pauseAt(new Date('2030-01-01T01:00:00Z'));
    const { advance } = await embed('happy');
    await screen('waiting-room');
    await advance('8s');
    await screen('ended');
    expect((await getHeardEvents(stage.page)).map(({ code }) => code)).toEqual([
      'VideocallLoading',
      'VideocallInitiated',
      'VideocallCompleted',
    ]);
  });

  it('refuses a second load with a token whose call has ended', async () => {
    const { advance, token } = await embed('happy');
    await screen('waiting-room');
    await advance('8s');
    await screen('ended');
    await stage.page.goto(stage.shop.getPageUrl(address(token, 'val-1')));
    await screen('error');
    expect(await frame().locator('body').textContent()).toContain('used up');
    expect(await getHeardEvents(stage.page)).toEqual([]);
  });

  it('uses up the token although the page closes before the call ends', async () => {
    const { advance, call, token } = await embed('happy');
    await expect.poll(async () => (await call()).page).toBe('open');
    await stage.page.goto('about:blank');
    await advance('8s');
    expect((await call()).state).toBe('ended');
    expect((await stage.d.open(token, 'val-1')).status).toBe(403);
  });

  it('answers each agent action after the page has posted its event', async () => {
    const { agent } = await embed('manual');
    await screen('waiting-room');
    for (const [action, heardBefore] of [
      ['join', 1],
      ['start', 2],
      ['end', 3],
    ] as const) {
      const { json } = await agent(action);
      expect(json).toEqual({ page: 'posted', posted_after_ms: expect.any(Number) });
      expect(await waitForEvents(stage.page, heardBefore)).toHaveLength(heardBefore);
    }
  });

  it('shows users their own camera image during the call', async () => {
    const { agent } = await embed('manual');
    await screen('waiting-room');
    await agent('join');
    await agent('start');
    await frame().locator('body[data-self-view="on"]').waitFor();
    await stage.page.waitForFunction('true');
    const width = await frame()
      .locator('#self-view')
      .evaluate(
        (video: HTMLVideoElement) =>
          new Promise<number>((resolve) => {
            if (video.videoWidth > 0) resolve(video.videoWidth);
            video.addEventListener('playing', () => resolve(video.videoWidth));
          }),
      );
    expect(width).toBeGreaterThan(0);
  });

  it('returns to the waiting room and posts nothing when the agent leaves', async () => {
    const { agent } = await embed('manual');
    await screen('waiting-room');
    await agent('join');
    await screen('loading');
    await agent('leave');
    await screen('waiting-room');
    expect(await getHeardEvents(stage.page)).toHaveLength(1);
  });

  it('keeps its state after a reload and posts no event again', async () => {
    const { agent } = await embed('manual');
    await screen('waiting-room');
    await agent('join');
    await stage.page.reload();
    await screen('loading');
    await agent('start');
    expect((await waitForEvents(stage.page, 1)).map(({ code }) => code)).toEqual(['VideocallInitiated']);
  });

  it('posts VideocallNotFound on an error screen when the call does not exist', async () => {
    await embed('not-found');
    await screen('error');
    expect(await waitForEvents(stage.page, 1)).toEqual([EVENTS.VideocallNotFound]);
  });

  it('posts VideocallNotFound when the validation id is missing', async () => {
    await stage.page.goto(
      stage.shop.getPageUrl(`${stage.d.mock.browserUrl}/call?access_token=${await stage.d.token()}`),
    );
    expect(await waitForEvents(stage.page, 1)).toEqual([EVENTS.VideocallNotFound]);
  });

  it('shows a notice on the page when the simulator is reset', async () => {
    const { reset } = await embed('manual');
    await screen('waiting-room');
    await reset();
    await frame().locator('body[data-notice="reset"]').waitFor();
  });

  it('shows hostile values as text and runs none of their code', async () => {
    const hostile = `"><img src=x onerror=parent.postMessage('hit','*')></script><script>parent.postMessage('hit','*')</script>`;
    const problems: string[] = [];
    stage.page.on('pageerror', (error) => problems.push(error.message));
    await embed('happy', hostile);
    await screen('waiting-room');
    expect(await stage.page.evaluate('everything.filter(({ data }) => data === "hit")')).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('violates no rule of its own Content-Security-Policy', async () => {
    const violations: string[] = [];
    stage.page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) violations.push(message.text());
    });
    const { advance } = await embed('happy');
    await screen('waiting-room');
    await advance('8s');
    await screen('ended');
    expect(violations).toEqual([]);
  });

  it('notifies open pages when the simulator stops, and stops at once', async () => {
    const stopping = await openDrive({ scenario: 'manual' });
    const token = await stopping.token();
    await stage.page.goto(
      stage.shop.getPageUrl(`${stopping.mock.browserUrl}/call?access_token=${token}&validation_id=v`),
    );
    // The screen is part of the HTML. Only a page with an open stream can receive the notice.
    await expect.poll(async () => (await stopping.admin('GET', '/calls/v')).json.page).toBe('open');
    await stopping.mock.close();
    await frame().locator('body[data-notice="closing"]').waitFor();
  });
});
