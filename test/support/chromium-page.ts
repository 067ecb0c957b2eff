import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Drive, drive } from './drive.ts';
import { openShop, type Shop } from './shop.ts';

interface Stage {
  readonly d: Drive;
  readonly shop: Shop;
  readonly browser: Browser;
  readonly page: Page;
}

/** A simulator, a shop and Chromium for the tests of a group, and a page of its own for each of them. */
export function chromiumStage(): Stage {
  const stage: { -readonly [Part in keyof Stage]?: Stage[Part] } = {};
  beforeAll(async () => {
    [stage.d, stage.shop, stage.browser] = await Promise.all([drive(), openShop(), launchChromium()]);
  });
  afterAll(async () => {
    await stage.browser?.close();
    await stage.shop?.close();
    await stage.d?.mock.close();
  });
  beforeEach(async () => {
    stage.page = await (stage as Stage).browser.newPage();
  });
  afterEach(() => stage.page?.close());
  // Complete when the first test begins.
  return stage as Stage;
}
