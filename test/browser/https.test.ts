import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BROWSERS, type Tab, type TabBrowser } from '../support/browser-tabs.ts';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { useHome } from '../support/home.ts';
import { openShop, type Shop } from '../support/shop.ts';

useHome();

describe.each(Object.entries(BROWSERS))('the call page over TLS in %s', (name, { launch, missing }) => {
  const why = missing();

  describe.skipIf(why)(why ?? name, () => {
    let d: Drive;
    let shop: Shop;
    let browser: TabBrowser;
    let tab: Tab;
    beforeAll(async () => {
      [d, browser] = await Promise.all([openDrive({ scenario: 'manual', https: true }), launch()]);
      const file = (what: string) =>
        readFileSync(path.join(path.dirname(d.mock.https?.ca ?? ''), what), 'utf8');
      shop = await openShop({ cert: file('cert.pem'), key: file('key.pem') });
    });
    afterAll(async () => {
      await tab?.close();
      await browser?.close();
      await shop?.close();
      await d?.mock.close();
    });

    it('posts the three events to a page that is served over TLS', async () => {
      const query = new URLSearchParams({ access_token: await d.token(), validation_id: 'val-1' });
      tab = await browser.newTab();
      await tab.open(shop.getPageUrl(`${d.mock.https?.browserUrl}/call?${query}`));
      const call = async (): Promise<Json> => (await d.admin('GET', '/calls/val-1')).json;
      await vi.waitFor(async () => expect((await call()).page).toBe('open'), { timeout: 60_000 });
      for (const action of ['join', 'start', 'end'] as const) await d.mock.call('val-1')[action]();
      await vi.waitFor(
        async () =>
          expect(await tab.evaluate('heard.map(function (event) { return event.code })')).toEqual([
            'VideocallLoading',
            'VideocallInitiated',
            'VideocallCompleted',
          ]),
        { timeout: 60_000 },
      );
      // The page sends its diagnostics independently of the events, perhaps after them.
      const secure = { secureContext: true, origin: d.mock.https?.browserUrl };
      await vi.waitFor(async () => expect((await call()).pages[0].diagnostics).toMatchObject(secure), {
        timeout: 60_000,
      });
      expect((await d.admin('GET', '/findings')).json.items).toEqual([]);
    });
  });
});
