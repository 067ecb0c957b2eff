import { afterEach, describe, expect, it } from 'vitest';
import { findSeriousViolations } from '../support/axe.ts';
import { useChromium } from '../support/chromium-page.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');
const THREE = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];

describe.skipIf(why)(`the demo in Chromium${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();
  // The demo follows the guide, so no test may cause a finding.
  afterEach(async () => {
    const { items } = (await stage.d.admin('GET', '/findings')).json;
    expect(items).toEqual([]);
    await stage.d.mock.reset();
  });

  const advance = (by: string) => stage.d.admin('POST', '/clock/advance', { by, client_id: 'demo' });
  const codes = () => stage.page.locator('#events li code').allTextContents();
  const screen = (state: string) =>
    stage.page.frameLocator('#videocall-iframe').locator(`body[data-state="${state}"]`).waitFor();
  /** Waits until the call page has checked in: its script runs. */
  const waitForCheckIn = () =>
    expect.poll(async () => (await stage.d.admin('GET', '/calls')).json.items.at(-1)?.page).toBe('open');

  async function startCall(scenario: string) {
    await stage.page.goto(stage.d.mock.demoUrl);
    await stage.page.getByLabel('Scenario').selectOption(scenario);
    await stage.page.getByRole('button', { name: 'Start the call' }).click();
    await screen('waiting-room');
    await waitForCheckIn();
  }

  it('shows a complete call and its three events in order', async () => {
    await stage.page.goto(stage.d.mock.demoUrl);
    expect(await stage.page.getByLabel('Scenario').inputValue()).toBe('happy');
    await startCall('happy');
    await advance('1h');
    await screen('ended');
    await expect.poll(codes).toEqual(THREE);
    expect(await stage.page.locator('#events .time').first().textContent()).toMatch(/^\+\d+\.\d s$/);
    expect(await stage.page.locator('#events .dropped').count()).toBe(0);
    await stage.page.getByText('your account is open').waitFor();
  });

  it.each([390, 1280])('cuts nothing off at a width of %i pixels', async (width) => {
    await stage.page.setViewportSize({ width, height: 844 });
    await startCall('happy');
    const cut = await stage.page.evaluate(() => {
      const isCut = (element: Element) =>
        element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
      const outside = (element: Element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < 0 || right > innerWidth;
      };
      return [...document.querySelectorAll('body *:not(option)')]
        .filter(
          (element) => outside(element) || (getComputedStyle(element).display !== 'inline' && isCut(element)),
        )
        .map((element) => `${element.tagName} ${element.id || element.className}`);
    });
    expect(cut).toEqual([]);
    expect(await stage.page.locator('pre#frame').textContent()).toContain('validation_id=VALIDATION_ID');
  });

  it('marks a message from another origin that the guide’s listener drops', async () => {
    await startCall('foreign-origin-event');
    await advance('3s');
    await advance('1h');
    await expect.poll(codes).toEqual(['VideocallLoading', 'VideocallCompleted', ...THREE.slice(1)]);
    const dropped = stage.page.locator('#events .dropped');
    expect(await dropped.count()).toBe(1);
    expect(await dropped.textContent()).toMatch(
      /its origin http:\/\/elsewhere\.localhost:\d+ does not contain/,
    );
  });

  it('starts another call after a reset', async () => {
    await startCall('happy');
    await advance('1h');
    await expect.poll(codes).toEqual(THREE);
    await stage.d.mock.reset();
    await stage.page.getByRole('button', { name: 'Start another call' }).click();
    await stage.page.getByText('Nothing yet').waitFor();
    await waitForCheckIn();
    await advance('1h');
    await expect.poll(codes).toEqual(THREE);
  });

  it('starts one call on a double click', async () => {
    await stage.page.goto(stage.d.mock.demoUrl);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await stage.page.route('**/__demo/calls', async (route) => {
      await released;
      await route.continue();
    });
    await stage.page.getByRole('button', { name: 'Start the call' }).dblclick();
    release();
    await screen('waiting-room');
    await waitForCheckIn();
    expect((await stage.d.admin('GET', '/calls')).json.total).toBe(1);
    expect((await stage.d.admin('GET', '/tokens')).json.total).toBe(1);
  });

  it('advances the clock of its own client only', async () => {
    await startCall('agent-late');
    await stage.page.getByRole('button', { name: 'Skip 10 minutes' }).click();
    await screen('loading');
    const clock = async (query = '') => (await stage.d.admin('GET', `/clock${query}`)).json.offsetMs;
    expect([await clock(), await clock('?client_id=demo')]).toEqual([0, 600_000]);
    await advance('1h');
    await screen('ended');
  });

  it('works with the keyboard alone', async () => {
    const { page, d } = stage;
    await page.goto(d.mock.demoUrl);
    const focused = () => page.evaluate('document.activeElement.textContent.trim()');
    await page.keyboard.press('Tab');
    await page.keyboard.type('early');
    expect(await page.getByLabel('Scenario').inputValue()).toBe('early-event');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Start the call');
    await page.keyboard.press('Enter');
    await expect.poll(codes).toEqual(THREE.slice(0, 1));
    await advance('1h');
    await expect.poll(codes).toEqual(THREE);
    expect(await focused()).toBe('Start another call');
  });

  it('copies the code of an example', async () => {
    await stage.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await stage.page.goto(stage.d.mock.demoUrl);
    await stage.page.getByRole('button', { name: 'Copy' }).nth(1).click();
    await stage.page.getByText('Copied', { exact: true }).waitFor();
    expect(await stage.page.evaluate('navigator.clipboard.readText()')).toBe(
      await stage.page.locator('#fetch').textContent(),
    );
  });

  it('shows why it cannot start a call', async () => {
    await stage.page.goto(stage.d.mock.demoUrl);
    await stage.d.admin('POST', '/faults', { endpoint: 'token', status: 503, times: 1 });
    await stage.page.getByRole('button', { name: 'Start the call' }).click();
    await stage.page.getByRole('status').getByText('status 503').waitFor();
  });

  it('links to the console for the manual scenario', async () => {
    await stage.page.goto(stage.d.mock.demoUrl);
    const link = stage.page.getByRole('link', { name: 'the console' });
    expect(await link.isVisible()).toBe(false);
    await stage.page.getByLabel('Scenario').selectOption('manual');
    expect([await link.isVisible(), await link.getAttribute('href')]).toEqual([true, '/__console']);
  });

  it('redirects from the host of the frame to an origin of its own', async () => {
    await stage.page.goto(`${stage.d.mock.browserUrl}/__demo`);
    expect(stage.page.url()).toBe(stage.d.mock.demoUrl);
  });

  it('violates no rule of its Content-Security-Policy', async () => {
    const problems: string[] = [];
    stage.page.on('console', (message) => problems.push(message.text()));
    stage.page.on('pageerror', (error) => problems.push(error.message));
    await startCall('happy');
    await advance('1h');
    await screen('ended');
    expect(problems).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'has no serious accessibility violation in the %s colour scheme',
    async (colorScheme) => {
      await stage.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await stage.page.goto(stage.d.mock.demoUrl);
      expect(await findSeriousViolations(stage.page)).toEqual([]);
      await startCall('foreign-origin-event');
      await advance('3s');
      await expect.poll(async () => (await codes()).length).toBeGreaterThan(1);
      expect(await findSeriousViolations(stage.page)).toEqual([]);
      await advance('1h');
      await screen('ended');
      expect(await findSeriousViolations(stage.page)).toEqual([]);
    },
  );
});
