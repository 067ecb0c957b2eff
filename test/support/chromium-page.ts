import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Drive, openDrive } from './drive.ts';
import { openShop, type Shop } from './shop.ts';

interface ChromiumFixture {
  readonly d: Drive;
  readonly shop: Shop;
  readonly browser: Browser;
  readonly page: Page;
}

/** Starts a simulator, a shop and Chromium for a group of tests, and opens a new page for each test. */
export function useChromium(): ChromiumFixture {
  const fixture: { -readonly [Part in keyof ChromiumFixture]?: ChromiumFixture[Part] } = {};
  beforeAll(async () => {
    [fixture.d, fixture.shop, fixture.browser] = await Promise.all([
      openDrive(),
      openShop(),
      launchChromium(),
    ]);
  });
  afterAll(async () => {
    await fixture.browser?.close();
    await fixture.shop?.close();
    await fixture.d?.mock.close();
  });
  beforeEach(async () => {
    fixture.page = await (fixture as ChromiumFixture).browser.newPage();
  });
  afterEach(() => fixture.page?.close());
  // The hooks complete it before the first test.
  return fixture as ChromiumFixture;
}
