import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RuleId } from '../../src/domain/finding.ts';
import { tokenFor } from '../contracts/integrator/backend.ts';
import { BROWSERS, type Tab, type TabBrowser } from '../support/browser-tabs.ts';
import { type Credentials, type Drive, type Json, openDrive } from '../support/drive.ts';
import {
  GUIDE_ATTRIBUTES,
  MISTAKES,
  type MistakeContext,
  type Name,
  WAIT_OPTIONS,
} from '../support/mistakes.ts';
import { startPageProxy } from '../support/page-proxy.ts';
import { type PageServer, startPageServer } from '../support/web-pages.ts';

/** The script of the integrator's example page, bundled for browsers. */
const EXAMPLE = buildSync({
  entryPoints: [path.join(import.meta.dirname, '../contracts/integrator/frontend.ts')],
  bundle: true,
  format: 'iife',
  globalName: 'shop',
  write: false,
}).outputFiles[0]?.text;

describe.each(Object.entries(BROWSERS) as [Name, (typeof BROWSERS)[Name]][])(
  'findings about a page in %s',
  (name, { launch, missing }) => {
    const why = missing();

    describe.skipIf(why)(why ?? name, () => {
      let d: Drive;
      let pages: PageServer;
      let browser: TabBrowser;
      let tab: Tab;
      let client: Credentials;

      beforeAll(async () => {
        [d, pages, browser] = await Promise.all([
          openDrive({ scenario: 'manual' }),
          startPageServer(),
          launch(),
        ]);
        tab = await browser.newTab();
      });
      afterAll(async () => {
        await tab?.close();
        await browser?.close();
        await pages?.close();
        await d?.mock.close();
      });
      beforeEach(async () => {
        client = await d.createClient();
      });
      afterEach(async () => {
        await tab.open('about:blank');
        await d.mock.reset();
      });

      const listRules = async (): Promise<RuleId[]> =>
        (await d.admin('GET', '/findings')).json.items.map(({ rule }: Json) => rule).toSorted();
      const call = async (): Promise<Json> =>
        (await d.admin('GET', `/calls?client_id=${client.client_id}`)).json.items.at(-1);
      const agent = async (...actions: string[]) => {
        for (const action of actions)
          await d.admin('POST', '/calls/val-1/agent', { action, client_id: client.client_id });
      };
      const createContext = (): MistakeContext => ({
        d,
        client,
        pages,
        tab,
        async frame({ token, base = d.mock.browserUrl, validation = 'val-1' } = {}) {
          const query = new URLSearchParams({
            access_token: token ?? (await d.token(client)),
            ...(validation !== '' && { validation_id: validation }),
          });
          return `${base}/call?${query}`.replaceAll('&', '&amp;');
        },
        waitForDiagnostics: () =>
          vi.waitFor(async () => {
            const hasDiagnostics = ((await call())?.pages ?? []).some(
              ({ diagnostics }: Json) => diagnostics !== null,
            );
            expect(hasDiagnostics).toBe(true);
          }, WAIT_OPTIONS),
        finish: () => agent('join', 'start', 'end'),
      });

      const rows = MISTAKES.map(({ expected, ...mistake }) => {
        const here = expected[name];
        return 'nothing' in here
          ? { ...mistake, rules: [], outcome: 'no finding', why: ` (${here.nothing})` }
          : { ...mistake, rules: here, outcome: here.join(' and ') || 'no finding', why: '' };
      });
      for (const { what, make, rules, outcome, why } of rows) {
        it(`reports ${outcome} for ${what}${why}`, async () => {
          await make(createContext());
          await vi.waitFor(async () => expect(await listRules()).toEqual(rules), WAIT_OPTIONS);
        });
      }

      it('reports a page whose script never runs, one without a stream, and a call that its page has left', async () => {
        const { frame, waitForDiagnostics } = createContext();
        const proxy = await startPageProxy(d.mock.url, { blocksStreams: true });
        const blocked = await frame({ validation: 'val-3', base: proxy.browserUrl });
        await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${blocked}"></iframe>`));
        await waitForDiagnostics();
        await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${await frame()}"></iframe>`));
        await waitForDiagnostics();
        const sandboxed = await frame({ validation: 'val-2' });
        await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} sandbox src="${sandboxed}"></iframe>`));
        // The simulator waits ten seconds of real time before it reports either.
        await vi.waitFor(
          async () =>
            expect(await listRules()).toEqual(['call-abandoned', 'page-never-checked-in', 'stream-blocked']),
          {
            timeout: 30_000,
            interval: 250,
          },
        );
        await proxy.close();
      });

      it('reports no finding for the example of an integrator', async () => {
        const { client_id: clientId, client_secret: clientSecret } = client;
        const { frame, waitForDiagnostics, finish } = createContext();
        const { token } = await tokenFor({ url: d.mock.url, clientId, clientSecret });
        const body = `<script>${EXAMPLE}
          var outcomes = [];
          addEventListener('message', function (event) { outcomes.push(shop.outcomeOf(event)) });
        </script><iframe ${GUIDE_ATTRIBUTES} src="${await frame({ token })}"></iframe>`;
        await tab.open(pages.page(body));
        await waitForDiagnostics();
        await finish();
        await vi.waitFor(
          async () => expect(await tab.evaluate('outcomes')).toEqual(['called', 'talking', 'done']),
          WAIT_OPTIONS,
        );
        expect(await listRules()).toEqual([]);
      });

      it('reports no finding for the demo', async () => {
        await tab.open(d.mock.demoUrl);
        await tab.evaluate(`document.querySelector('.go').click()`);
        const calls = async () => (await d.admin('GET', '/calls?client_id=demo')).json.items;
        await vi.waitFor(
          async () =>
            expect(await calls()).toMatchObject([{ pages: [{ diagnostics: { topLevel: false } }] }]),
          WAIT_OPTIONS,
        );
        await d.admin('POST', '/clock/advance', { by: '1h', client_id: 'demo' });
        await vi.waitFor(
          async () => expect(await tab.evaluate(`document.querySelectorAll('#events li').length`)).toBe(3),
          WAIT_OPTIONS,
        );
        expect(await listRules()).toEqual([]);
      });
    });
  },
);
