import { describe, expect, it } from 'vitest';
import { findSeriousViolations } from '../support/axe.ts';
import { useChromium } from '../support/chromium-page.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

describe.skipIf(why)(`start page, control API and documentation in Chromium${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();

  it('lead from the start page to the demo, and from the documentation to its pages', async () => {
    await stage.page.goto(stage.d.mock.url);
    await stage.page.getByRole('link', { name: 'Demo' }).click();
    await stage.page.getByRole('button', { name: 'Start the call' }).waitFor();
    await stage.page.goto(stage.d.mock.url);
    await stage.page.getByRole('link', { name: 'Documentation' }).click();
    await stage.page.getByRole('link', { name: 'Troubleshooting' }).click();
    await stage.page.getByRole('heading', { name: '401 invalid_client' }).waitFor();
  });

  const PATHS = [
    '/',
    '/__admin',
    '/__docs',
    '/__docs/reference/options.md',
    '/__docs/how-to/see-what-happened.md',
  ];

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each(PATHS)('%s obeys its own policy, passes axe and fits a phone', async (path) => {
      const written: string[] = [];
      stage.page.on('console', (message) => written.push(message.text()));
      await stage.page.emulateMedia({ colorScheme });
      await stage.page.setViewportSize({ width: 390, height: 844 });
      await stage.page.goto(`${stage.d.mock.url}${path}`);
      expect(await findSeriousViolations(stage.page)).toEqual([]);
      expect(await stage.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      const fonts = () => getComputedStyle(document.body).fontFamily;
      expect(await stage.page.evaluate(fonts)).toContain('system-ui');
      expect(written).toEqual([]);
    });
  });
});
