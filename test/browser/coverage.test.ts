import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SITUATIONS } from '../../src/domain/coverage.ts';
import { useChromium } from '../support/chromium-page.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { createPlayer, listPlayed, SITUATION_IDS } from '../support/play.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

describe.skipIf(why)(`coverage in Chromium${why ? ` (${why})` : ''}`, { timeout: 120_000 }, () => {
  const stage = useChromium();
  let d: Drive;
  beforeEach(async () => {
    d = await openDrive();
  });
  afterEach(async () => {
    await Promise.all(stage.browser.contexts().map((context) => context.close()));
    await d.mock.close();
  });

  it.each(SITUATION_IDS)('counts %s when it is played as the table says, and not before', async (id) => {
    const take = createPlayer({ ...stage, d }, id);
    for (const step of SITUATIONS[id].play) {
      expect(await listPlayed(d)).not.toContain(id);
      await take(step);
    }
    await expect.poll(() => listPlayed(d), { timeout: 60_000 }).toContain(id);
    const { appendFileSync } = await import('node:fs');
    await new Promise((r) => setTimeout(r, 1500));
    appendFileSync(
      '/tmp/mv-cov/sets.txt',
      `${id}: ${(await listPlayed(d)).filter((x) => x !== id).join(' ')}\n`,
    );
  });
});
