import type { Frame } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findSeriousViolations, findSeriousViolationsIn } from '../support/axe.ts';
import { useChromium } from '../support/chromium-page.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

describe.skipIf(why)(`the accessibility of the call page${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();

  it('finds an image without alternative text inside a frame', async () => {
    await stage.page.setContent(
      '<html lang="en"><title>x</title><iframe title="x" srcdoc="<img src=x>"></iframe>',
    );
    expect(await findSeriousViolations(stage.page)).toContainEqual(
      expect.stringMatching(/^image-alt at img/),
    );
  });

  /** Opens the shop with a call and applies these agent actions to it. */
  async function embed(scenario: string, actions: readonly string[]) {
    const { d, page, shop } = stage;
    const client = await d.createClient({ scenario });
    const query = new URLSearchParams({ access_token: await d.token(client), validation_id: 'val-1' });
    await page.goto(shop.getPageUrl(`${d.mock.browserUrl}/call?${query}`));
    const { client_id } = client;
    if (scenario === 'manual') {
      const call = async () => (await d.admin('GET', `/calls/val-1?client_id=${client_id}`)).json;
      await expect.poll(async () => (await call()).page).toBe('open');
    }
    for (const action of actions) await d.admin('POST', '/calls/val-1/agent', { action, client_id });
  }

  describe.each(['light', 'dark'] as const)('the %s colour scheme', (colorScheme) => {
    it.each([
      ['waiting-room', 'manual', []],
      ['loading', 'manual', ['join']],
      ['in-call', 'manual', ['join', 'start']],
      ['ended', 'manual', ['join', 'start', 'end']],
      ['error', 'not-found', []],
    ] as const)(
      'has no serious accessibility violation on the %s screen',
      async (state, scenario, actions) => {
        await stage.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await embed(scenario, actions);
        const body = stage.page.frameLocator('#videocall-iframe').locator(`body[data-state="${state}"]`);
        await body.waitFor();
        // Only the frame is checked: the shop's page would fail, because the guide's iframe has no title.
        const frame = stage.page.frames().find((one) => one.url().includes('/call?')) as Frame;
        expect(await findSeriousViolationsIn(frame)).toEqual([]);
      },
    );
  });
});
