import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BROWSERS, type Tab, type TabBrowser } from '../support/browser-tabs.ts';
import { createSharedStore, type Drive, openDrive } from '../support/drive.ts';
import { type EmbedStyle, openShop, type Shop } from '../support/shop.ts';
import { startProxyWithoutEventSource } from '../support/without-eventsource.ts';

const THREE = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];
const PATIENCE = { timeout: 60_000, interval: 50 };

describe.each(Object.entries(BROWSERS))('the call in %s', (name, { launch, missing }) => {
  const why = missing();

  describe.skipIf(why)(why ?? name, () => {
    let d: Drive;
    let shop: Shop;
    let browser: TabBrowser;
    let tab: Tab;

    beforeAll(async () => {
      [d, shop, browser] = await Promise.all([openDrive({ scenario: 'manual' }), openShop(), launch()]);
    });
    afterAll(async () => {
      await tab?.close();
      await browser?.close();
      await shop?.close();
      await d?.mock.close();
    });
    afterEach(() => tab.open('about:blank'));

    const address = (base: string, token: string, validationId = 'val-1') =>
      `${base}/call?${new URLSearchParams({ access_token: token, validation_id: validationId })}`;

    const heardCodes = () => tab.evaluate<string[]>('heard.map(function (event) { return event.code })');
    const hears = (codes: readonly string[]) =>
      vi.waitFor(async () => expect(await heardCodes()).toEqual(codes), PATIENCE);

    /** Opens the shop with a call of a client of its own, and waits until the frame has checked in. */
    async function embed(options: { base?: string; habit?: EmbedStyle; at?: Omit<Drive, 'mock'> } = {}) {
      const at = options.at ?? d;
      const client = await at.createClient();
      const token = await at.token(client);
      tab ??= await browser.newTab();
      await tab.open(shop.getPageUrl(address(options.base ?? d.mock.browserUrl, token), options.habit));
      const call = async () => (await at.admin('GET', `/calls/val-1?client_id=${client.client_id}`)).json;
      await vi.waitFor(async () => expect((await call()).page).toBe('open'), PATIENCE);
      const agent = async (...actions: string[]) => {
        for (const action of actions) {
          await at.admin('POST', '/calls/val-1/agent', { action, client_id: client.client_id });
        }
      };
      return { agent, call, client };
    }

    it('says the three events in a visible tab', async () => {
      const { agent } = await embed();
      await agent('join', 'start', 'end');
      await hears(THREE);
    });

    it('says them in an iframe that is hidden', async () => {
      const { agent } = await embed({ habit: 'hidden' });
      await agent('join', 'start', 'end');
      await hears(THREE);
    });

    it('says them in a parent with cross-origin isolation', async () => {
      const { agent } = await embed({ habit: 'isolated' });
      await agent('join', 'start', 'end');
      await hears(THREE);
      expect(await tab.evaluate('window.crossOriginIsolated')).toBe(true);
    });

    it('says them in a sandbox that allows scripts only, from an origin that the guide drops', async () => {
      const { agent } = await embed({ habit: 'sandbox' });
      await agent('join', 'start', 'end');
      const said = 'everything.map(function (one) { return [one.origin, one.data.code] })';
      await vi.waitFor(
        async () => expect(await tab.evaluate(said)).toEqual(THREE.map((code) => ['null', code])),
        PATIENCE,
      );
      expect(await heardCodes()).toEqual([]);
    });

    it('says them without EventSource', async () => {
      const proxy = await startProxyWithoutEventSource(d.mock.url);
      try {
        const { agent, call } = await embed({ base: proxy.browserUrl });
        await agent('join', 'start', 'end');
        await hears(THREE);
        expect((await call()).pages[0].diagnostics.eventSource).toBe(false);
      } finally {
        await proxy.close();
      }
    });

    it('says the rest of them after a restart of the simulator in mid-call', async () => {
      const options = { ...createSharedStore(), scenario: 'manual' };
      const before = await openDrive(options);
      const { agent, call } = await embed({ base: before.mock.browserUrl, at: before });
      await agent('join');
      await hears(THREE.slice(0, 1));
      await before.mock.close();
      const after = await openDrive({ ...options, port: Number(new URL(before.mock.url).port) });
      try {
        await vi.waitFor(async () => expect((await call()).page).toBe('open'), PATIENCE);
        await agent('start', 'end');
        await hears(THREE);
      } finally {
        await after.mock.close();
      }
    });

    it('says the rest of them when the shop was left and come back to', async () => {
      const { agent, call } = await embed();
      await agent('join');
      await hears(THREE.slice(0, 1));
      await tab.open(shop.getPageUrl([]));
      await vi.waitFor(async () => expect((await call()).page).toBe('none'), PATIENCE);
      await tab.evaluate('history.back()');
      await vi.waitFor(async () => expect((await call()).page).toBe('open'), PATIENCE);
      await agent('start', 'end');
      // A page that was kept by the browser still holds the first; one that was loaded anew does not hear it again.
      await vi.waitFor(async () => expect((await heardCodes()).slice(-2)).toEqual(THREE.slice(1)), PATIENCE);
    });

    it('says them in each of twelve frames that are open at once', async () => {
      const client = await d.createClient();
      const ids = Array.from({ length: 12 }, (_, i) => `val-${i}`);
      const sources = await Promise.all(
        ids.map(async (id) => address(d.mock.browserUrl, await d.token(client), id)),
      );
      tab ??= await browser.newTab();
      await tab.open(shop.getPageUrl(sources));
      const { client_id } = client;
      const pages = async () =>
        (await d.admin('GET', `/calls?client_id=${client_id}`)).json.items.map(
          ({ page }: { page: string }) => page,
        );
      await vi.waitFor(async () => expect(await pages()).toEqual(ids.map(() => 'open')), PATIENCE);
      for (const action of ['join', 'start', 'end']) {
        const answers = await Promise.all(
          ids.map((id) => d.admin('POST', `/calls/${id}/agent`, { action, client_id })),
        );
        expect(answers.map(({ json }) => json.page)).toEqual(ids.map(() => 'posted'));
      }
      await vi.waitFor(async () => expect((await heardCodes()).length).toBe(36), PATIENCE);
    });

    it('tells what it sees of its embedding', async () => {
      const { call } = await embed();
      await vi.waitFor(async () => expect((await call()).pages[0].diagnostics).not.toBeNull(), PATIENCE);
      expect((await call()).pages[0].diagnostics).toMatchObject({
        topLevel: false,
        nested: false,
        secureContext: true,
        origin: d.mock.browserUrl,
        parentOrigin: new URL(shop.getPageUrl('x')).origin,
        eventSource: true,
        width: expect.any(Number),
        height: expect.any(Number),
      });
    });
  });
});
