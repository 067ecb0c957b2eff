import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BROWSERS, type Tab, type TabBrowser } from '../support/browser-tabs.ts';
import { createSharedStore, type Drive, openDrive } from '../support/drive.ts';
import { startPageProxy } from '../support/page-proxy.ts';
import { type EmbedStyle, openShop, type Shop } from '../support/shop.ts';

const THREE = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];
const WAIT_OPTIONS = { timeout: 60_000, interval: 50 };

describe.each(Object.entries(BROWSERS))('the call page in %s', (name, { launch, missing }) => {
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

    const getHeardCodes = () => tab.evaluate<string[]>('heard.map(function (event) { return event.code })');
    const expectHeard = (codes: readonly string[]) =>
      vi.waitFor(async () => expect(await getHeardCodes()).toEqual(codes), WAIT_OPTIONS);

    /** Opens the shop with a call of a new client, and waits until the frame has checked in. */
    async function embed(
      options: {
        base?: string;
        style?: EmbedStyle;
        at?: Omit<Drive, 'mock'>;
        /** Puts the shop's page somewhere else, and returns its address there. */
        move?: (page: string) => Promise<string>;
      } = {},
    ) {
      const at = options.at ?? d;
      const client = await at.createClient();
      const token = await at.token(client);
      tab ??= await browser.newTab();
      const page = shop.getPageUrl(address(options.base ?? d.mock.browserUrl, token), options.style);
      await tab.open(options.move === undefined ? page : await options.move(page));
      const call = async () => (await at.admin('GET', `/calls/val-1?client_id=${client.client_id}`)).json;
      await vi.waitFor(async () => expect((await call()).page).toBe('open'), WAIT_OPTIONS);
      const agent = async (...actions: string[]) => {
        for (const action of actions) {
          await at.admin('POST', '/calls/val-1/agent', { action, client_id: client.client_id });
        }
      };
      return { agent, call, client };
    }

    it('posts the three events in a visible tab', async () => {
      const { agent } = await embed();
      await agent('join', 'start', 'end');
      await expectHeard(THREE);
    });

    it('posts the three events in a hidden iframe', async () => {
      const { agent } = await embed({ style: 'hidden' });
      await agent('join', 'start', 'end');
      await expectHeard(THREE);
    });

    it('posts the three events to a parent with cross-origin isolation', async () => {
      const { agent } = await embed({ style: 'isolated' });
      await agent('join', 'start', 'end');
      await expectHeard(THREE);
      expect(await tab.evaluate('window.crossOriginIsolated')).toBe(true);
    });

    it('posts the three events from a scripts-only sandbox, whose origin the guide drops', async () => {
      const { agent } = await embed({ style: 'sandbox' });
      await agent('join', 'start', 'end');
      const received = 'everything.map(function (one) { return [one.origin, one.data.code] })';
      await vi.waitFor(
        async () => expect(await tab.evaluate(received)).toEqual(THREE.map((code) => ['null', code])),
        WAIT_OPTIONS,
      );
      expect(await getHeardCodes()).toEqual([]);
    });

    it('posts the three events to a page from a file, as in a hybrid app', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-page-'));
      const file = path.join(folder, 'shop.html');
      const move = async (page: string) => {
        writeFileSync(file, await (await fetch(page)).text());
        return pathToFileURL(file).href;
      };
      try {
        const { agent } = await embed({ move });
        await agent('join', 'start', 'end');
        await expectHeard(THREE);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('posts the three events without EventSource', async () => {
      const proxy = await startPageProxy(d.mock.url, { deletesEventSource: true });
      try {
        const { agent, call } = await embed({ base: proxy.browserUrl });
        await agent('join', 'start', 'end');
        await expectHeard(THREE);
        await vi.waitFor(async () => {
          expect((await call()).pages[0].diagnostics?.eventSource).toBe(false);
        }, WAIT_OPTIONS);
      } finally {
        await proxy.close();
      }
    });

    it('posts the remaining events after the simulator restarts in mid-call', async () => {
      const options = { ...createSharedStore(), scenario: 'manual' };
      const before = await openDrive(options);
      const { agent, call } = await embed({ base: before.mock.browserUrl, at: before });
      await agent('join');
      await expectHeard(THREE.slice(0, 1));
      await before.mock.close();
      const after = await openDrive({ ...options, port: Number(new URL(before.mock.url).port) });
      try {
        await vi.waitFor(async () => expect((await call()).page).toBe('open'), WAIT_OPTIONS);
        await agent('start', 'end');
        await expectHeard(THREE);
      } finally {
        await after.mock.close();
      }
    });

    it('posts the remaining events after the user leaves the shop and comes back', async () => {
      const { agent, call } = await embed();
      await agent('join');
      await expectHeard(THREE.slice(0, 1));
      await tab.open(shop.getPageUrl([]));
      await vi.waitFor(async () => expect((await call()).page).toBe('none'), WAIT_OPTIONS);
      // The driver would lose the answer of an expression that leaves the page.
      await tab.evaluate('setTimeout(function () { history.back() }, 0)');
      await vi.waitFor(async () => expect((await call()).page).toBe('open'), WAIT_OPTIONS);
      await agent('start', 'end');
      // A page from the browser's back/forward cache still holds the first event. A reloaded page does not get it again.
      await vi.waitFor(
        async () => expect((await getHeardCodes()).slice(-2)).toEqual(THREE.slice(1)),
        WAIT_OPTIONS,
      );
    });

    it.each([
      ['on hosts of their own', () => d.mock.browserUrl],
      ['on one host', () => d.mock.url],
    ])('posts the three events in each of twelve frames that are open at once %s', async (_, base) => {
      const client = await d.createClient();
      const ids = Array.from({ length: 12 }, (_, i) => `val-${i}`);
      const sources = await Promise.all(ids.map(async (id) => address(base(), await d.token(client), id)));
      tab ??= await browser.newTab();
      await tab.open(shop.getPageUrl(sources));
      const { client_id } = client;
      const pages = async () =>
        (await d.admin('GET', `/calls?client_id=${client_id}`)).json.items.map(
          ({ page }: { page: string }) => page,
        );
      await vi.waitFor(async () => expect(await pages()).toEqual(ids.map(() => 'open')), WAIT_OPTIONS);
      for (const [index, action] of ['join', 'start', 'end'].entries()) {
        await Promise.all(ids.map((id) => d.admin('POST', `/calls/${id}/agent`, { action, client_id })));
        await vi.waitFor(
          async () => expect(await tab.evaluate('everything.length')).toBe(ids.length * (index + 1)),
          WAIT_OPTIONS,
        );
      }
    });

    it('reports diagnostics of its embedding', async () => {
      const { call } = await embed();
      await vi.waitFor(async () => expect((await call()).pages[0].diagnostics).not.toBeNull(), WAIT_OPTIONS);
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
