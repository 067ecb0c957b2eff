import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, vi } from 'vitest';
import type { RuleId } from '../../src/domain/finding.ts';
import type { BROWSERS, Tab } from './browser-tabs.ts';
import { INSECURE_HOST } from './chromium.ts';
import type { Credentials, Drive } from './drive.ts';
import type { PageServer } from './web-pages.ts';

export type Name = keyof typeof BROWSERS;
/** The findings of a mistake in each browser, or the reason why a browser causes none. */
type ExpectedFindings = Readonly<Record<Name, readonly RuleId[] | { readonly nothing: string }>>;

const expectInAll = (...rules: RuleId[]): ExpectedFindings => ({
  Chromium: rules,
  Firefox: rules,
  WebKitGTK: rules,
});

export const WAIT_OPTIONS = { timeout: 60_000, interval: 50 };
/** Attributes of the iframe in the guide, with an explicit size. */
export const GUIDE_ATTRIBUTES = 'width="800" height="600" allow="camera; microphone;"';
const SIZE = 'width="800" height="600"';
const ALLOW = 'allow="camera; microphone;"';

/** What a mistake can use: the simulator, a client, a page server and a tab. */
export interface MistakeContext {
  readonly d: Drive;
  readonly client: Credentials;
  readonly pages: PageServer;
  readonly tab: Tab;
  /** Returns the address of the frame with a new token, escaped for HTML. */
  frame(options?: { token?: string; base?: string; validation?: string }): Promise<string>;
  /** Waits until a page of the call has sent its diagnostics. */
  waitForDiagnostics(): Promise<void>;
  /** Lets the agent join, start and end the call. */
  finish(): Promise<void>;
}

interface Mistake {
  /** A noun phrase for the title of the test. */
  readonly what: string;
  readonly expected: ExpectedFindings;
  make(context: MistakeContext): Promise<void>;
}

/** Opens a page whose iframe has these attributes and the address of the call. */
const createFrameMistake =
  (attributes: string, options: { host?: string; before?: string } = {}) =>
  async ({ tab, pages, frame, waitForDiagnostics }: MistakeContext) => {
    const { host = 'localhost', before = '' } = options;
    await tab.open(pages.page(`${before}<iframe ${attributes} src="${await frame()}"></iframe>`, { host }));
    await waitForDiagnostics();
  };

/** Runs a script in an integrator's page and waits for it. `SERVICE` stands for the address of the service. */
const createScriptMistake =
  (script: string) =>
  async ({ tab, pages, d, client }: MistakeContext) => {
    const body = `<script>
      var form = 'grant_type=client_credentials&client_id=${client.client_id}&client_secret=${client.client_secret}';
      ${script.replace('SERVICE', d.mock.browserUrl)}.catch(function () {}).then(function () { window.done = true });
    </script>`;
    await tab.open(pages.page(body));
    await vi.waitFor(async () => expect(await tab.evaluate('window.done === true')).toBe(true), WAIT_OPTIONS);
  };

/** Mistakes of a page, and correct pages that look similar, with the expected findings. */
export const MISTAKES: readonly Mistake[] = [
  {
    what: 'a page that follows the guide',
    expected: expectInAll(),
    make: createFrameMistake(GUIDE_ATTRIBUTES),
  },
  {
    what: 'the address of the frame opened by itself',
    expected: expectInAll('opened-top-level'),
    async make({ tab, frame, waitForDiagnostics }) {
      await tab.open((await frame()).replaceAll('&amp;', '&'));
      await waitForDiagnostics();
    },
  },
  {
    what: 'a frame without allow',
    expected: expectInAll('camera-not-allowed'),
    make: createFrameMistake(SIZE),
  },
  {
    what: 'a frame whose allow lacks the microphone',
    expected: expectInAll('camera-not-allowed'),
    make: createFrameMistake(`${SIZE} allow="camera"`),
  },
  {
    what: 'a sandbox with scripts only',
    expected: {
      Chromium: ['sandboxed-origin'],
      // These browsers also deny the camera to an opaque origin.
      Firefox: ['camera-not-allowed', 'sandboxed-origin'],
      WebKitGTK: ['camera-not-allowed', 'sandboxed-origin'],
    },
    make: createFrameMistake(`${GUIDE_ATTRIBUTES} sandbox="allow-scripts"`),
  },
  {
    what: 'a sandbox with scripts and origin',
    expected: expectInAll(),
    make: createFrameMistake(`${GUIDE_ATTRIBUTES} sandbox="allow-scripts allow-same-origin"`),
  },
  {
    what: 'a page that is not secure',
    expected: expectInAll('insecure-parent'),
    make: createFrameMistake(GUIDE_ATTRIBUTES, { host: INSECURE_HOST }),
  },
  {
    what: 'a page that is a file',
    expected: expectInAll('parent-not-served'),
    async make({ tab, frame, waitForDiagnostics }) {
      const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-file-'));
      const file = path.join(folder, 'shop.html');
      writeFileSync(file, `<!doctype html><iframe ${GUIDE_ATTRIBUTES} src="${await frame()}"></iframe>`);
      await tab.open(pathToFileURL(file).href);
      await waitForDiagnostics();
      rmSync(folder, { recursive: true });
    },
  },
  {
    what: 'a frame with a height of 100% of nothing',
    expected: expectInAll('frame-too-small'),
    make: createFrameMistake(`style="width:100%;height:100%" ${ALLOW}`),
  },
  {
    what: 'a frame that is not shown yet',
    expected: expectInAll(),
    make: createFrameMistake(GUIDE_ATTRIBUTES, { before: '<style>iframe { display: none }</style>' }),
  },
  {
    what: 'a frame at the address for backends',
    expected: expectInAll('host-without-videocall'),
    async make({ tab, pages, frame, waitForDiagnostics, d }) {
      const src = await frame({ base: d.mock.url });
      await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${src}"></iframe>`));
      await waitForDiagnostics();
    },
  },
  {
    what: 'a frame without validation_id',
    expected: expectInAll('missing-validation-id'),
    async make({ tab, pages, frame }) {
      await tab.open(
        pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${await frame({ validation: '' })}"></iframe>`),
      );
    },
  },
  {
    what: 'a placeholder as validation_id',
    expected: expectInAll('placeholder-validation-id'),
    async make({ tab, pages, frame }) {
      const src = await frame({ validation: 'undefined' });
      await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${src}"></iframe>`));
    },
  },
  {
    what: 'a validation_id that misspells a scenario',
    expected: expectInAll('misspelt-scenario'),
    async make({ tab, pages, frame }) {
      const src = await frame({ validation: 'agent-lat~c1' });
      await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${src}"></iframe>`));
    },
  },
  {
    what: 'one token in two frames',
    expected: expectInAll('token-shared'),
    async make({ tab, pages, frame, waitForDiagnostics }) {
      const iframe = `<iframe ${GUIDE_ATTRIBUTES} src="${await frame()}"></iframe>`;
      await tab.open(pages.page(iframe + iframe));
      await waitForDiagnostics();
    },
  },
  {
    what: 'one validation in two frames with two tokens',
    expected: expectInAll('validation-in-two-frames'),
    async make({ tab, pages, frame, waitForDiagnostics }) {
      const iframes = [await frame(), await frame()].map(
        (src) => `<iframe ${GUIDE_ATTRIBUTES} src="${src}"></iframe>`,
      );
      await tab.open(pages.page(iframes.join('')));
      await waitForDiagnostics();
    },
  },
  {
    what: 'a token that is used again after its call',
    expected: expectInAll('token-reused'),
    async make({ tab, pages, frame, waitForDiagnostics, finish }) {
      const address = pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${await frame()}"></iframe>`);
      await tab.open(address);
      await waitForDiagnostics();
      await finish();
      await tab.open('about:blank');
      await tab.open(address);
    },
  },
  {
    what: 'a page with an iframe in its HTML, loaded again after the call',
    expected: {
      Chromium: { nothing: 'it loads the new address in the HTML' },
      Firefox: ['stale-iframe'],
      WebKitGTK: { nothing: 'it loads the new address in the HTML' },
    },
    async make({ tab, pages, frame, waitForDiagnostics, finish, d, client }) {
      await tab.open(pages.page(async () => `<iframe ${GUIDE_ATTRIBUTES} src="${await frame()}"></iframe>`));
      await waitForDiagnostics();
      await finish();
      await tab.evaluate('setTimeout(function () { location.reload() }, 0)');
      const opened = async () =>
        (await d.admin('GET', `/requests/count?path=/call&client_id=${client.client_id}`)).json.count;
      await vi.waitFor(async () => expect(await opened()).toBe(2), WAIT_OPTIONS);
      await waitForDiagnostics();
    },
  },
  {
    what: 'a page whose script creates the iframe, loaded again after the call',
    expected: expectInAll(),
    async make({ tab, pages, frame, waitForDiagnostics, finish, d, client }) {
      const body = async () => `<div id="place"></div><script>
        document.getElementById('place').innerHTML = '<iframe ${GUIDE_ATTRIBUTES} src="${await frame()}"></iframe>';
      </script>`;
      await tab.open(pages.page(body));
      await waitForDiagnostics();
      await finish();
      await tab.evaluate('setTimeout(function () { location.reload() }, 0)');
      const open = async () => (await d.admin('GET', `/calls/val-1?client_id=${client.client_id}`)).json;
      await vi.waitFor(async () => expect(await open()).toMatchObject({ n: 2, page: 'open' }), WAIT_OPTIONS);
    },
  },
  {
    what: 'the token request of a backend, sent by a page',
    expected: expectInAll('secret-in-browser'),
    make: createScriptMistake(
      `fetch('SERVICE/o/token/', { method: 'POST', body: form, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })`,
    ),
  },
  {
    what: 'JSON sent to the authentication API by a page',
    expected: expectInAll('cors-preflight'),
    make: createScriptMistake(
      `fetch('SERVICE/o/token/', { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })`,
    ),
  },
  {
    what: 'a token in the address of a page that sends its address as referrer',
    expected: {
      Chromium: ['token-in-referer'],
      Firefox: { nothing: 'it sends no more than the origin to other sites' },
      WebKitGTK: { nothing: 'it sends no more than the origin to other sites' },
    },
    async make({ tab, pages, frame, waitForDiagnostics }) {
      const src = await frame();
      const headers = { 'referrer-policy': 'unsafe-url' };
      const query = `?${src.split('?')[1]?.replaceAll('&amp;', '&')}`;
      await tab.open(pages.page(`<iframe ${GUIDE_ATTRIBUTES} src="${src}"></iframe>`, { headers, query }));
      await waitForDiagnostics();
    },
  },
];
