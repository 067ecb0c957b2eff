import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StartedMock, startMock } from '../../src/library/index.ts';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { explainMissingNode, findNodeProgram } from '../support/nodes.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';
import { explainMissingVitest5, VITEST_5 } from '../support/vitest-5.ts';
import { startPageServer } from '../support/web-pages.ts';

/** Runs the fixtures with Vitest and Playwright, and checks which clients they leave in a simulator. */

const project = useConsumer(['vitest', '@playwright/test']);
let mock: StartedMock;
beforeAll(async () => {
  mock = await startMock({ scenario: 'manual', logLevel: 'error' });
});
afterAll(() => mock.close());

const createEnvironment = () => ({
  VIDEOCALL_ADMIN_URL: mock.adminUrl,
  VIDEOCALL_URL: mock.url,
  VIDEOCALL_BROWSER_URL: mock.browserUrl,
});
async function listClientIds(): Promise<string[]> {
  const { items } = (await (await fetch(`${mock.adminUrl}/clients`)).json()) as {
    items: { client_id: string }[];
  };
  return items.map(({ client_id }) => client_id);
}

/** A mistake that causes a finding: it opens the frame at the address for backends. */
const MISTAKE =
  'await fetch(videocall.call("v").src(await videocall.token()).replace(mock.browserUrl, mock.url));';
const FINDING = 'error: the host of the frame does not contain "videocall"';

const projectWith5 = useConsumer([], VITEST_5);
// Vitest 5 does not support Node 20.
const no5 = explainMissingVitest5() ?? explainMissingNode(24);
const VITESTS = [
  ['Vitest 4', { project, program: process.execPath, test: it }],
  [
    `Vitest 5${no5 ? ` (${no5})` : ''}`,
    { project: projectWith5, program: findNodeProgram(24), test: it.skipIf(no5) },
  ],
] as const;

describe.each(VITESTS)('the fixtures for %s', (_name, { project, program, test }) => {
  beforeEach(() => mock.reset());
  const run = (env: Record<string, string>) =>
    project.node([project.tool('vitest/vitest.mjs'), 'run'], env, program);

  test('gives each test its own client in the simulator of exec, and removes it unless the test has a problem', async () => {
    project.write(
      'a.test.mjs',
      `import { expect } from 'vitest';
      import { test } from 'mock-veridas/vitest';
      const named = (clientId) => test.override({ videocallClient: { clientId } });
      test.describe('one', () => {
        named('well');
        test('is well', async ({ mock, videocall }) => {
          expect([mock.url, videocall.clientId]).toEqual([process.env.VIDEOCALL_URL, 'well']);
          await videocall.token();
        });
      });
      test.describe('two', () => {
        named('mistaken');
        test('makes a mistake', async ({ mock, videocall }) => { ${MISTAKE} });
      });
      test.describe('three', () => {
        named('failed');
        test('fails', async ({ videocall }) => { expect(await videocall.findings()).toBe('none'); });
      });`,
    );
    const { output } = await run(createEnvironment());
    expect(output).toMatch(/Tests +1 failed \| 2 passed/);
    expect(await listClientIds()).toEqual(['sandbox-client', 'mistaken', 'failed']);
  });

  test('starts a simulator when none is running, and fails tests on findings only where configured', async () => {
    project.write(
      'a.test.mjs',
      `import { test } from 'mock-veridas/vitest';
      test('makes a mistake', async ({ mock, videocall }) => { ${MISTAKE} });
      test.describe('strict', () => {
        test.override({ failOnFindings: true });
        test('makes a mistake', async ({ mock, videocall }) => { ${MISTAKE} });
        test('makes none', async ({ videocall }) => { await videocall.token(); });
      });`,
    );
    const { output } = await run({});
    expect(output).toMatch(/Tests +1 failed \| 2 passed/);
    expect(output).toContain('the integration has 1 finding');
    expect(output).toContain(FINDING);
    project.write('vitest.config.mjs', 'export default { test: { provide: { failOnFindings: true } } };');
    expect((await run({})).output).toMatch(/Tests +2 failed \| 1 passed/);
  });
});

const why = explainMissingTool('chromium');

describe.skipIf(why)(`the fixtures for Playwright${why ? ` (${why})` : ''}`, () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());
  const run = (text: string, ...args: readonly string[]) => {
    project.write(
      'a.spec.mjs',
      `import { expect } from '@playwright/test';\nimport { test } from 'mock-veridas/playwright';\n${text}`,
    );
    project.write('playwright.config.ts', createPlaywrightConfig('failOnFindings: true, '));
    return project.node([project.tool('@playwright/test/cli.js'), 'test', 'a.spec.mjs', ...args], {
      ...createEnvironment(),
      SHOP: shop.getPageUrl('about:blank'),
    });
  };

  it('fails a test on findings and keeps its client', async () => {
    const { output } = await run(`
      test.use({ videocallClient: { clientId: 'mistaken-page' } });
      test('is mistaken', async ({ mock, videocall }) => { ${MISTAKE} });`);
    expect(output).toContain('1 failed');
    expect(output).toContain(FINDING);
    expect(await listClientIds()).toContain('mistaken-page');
  });

  it('embeds a call in an open page and listens to it as the guide does', async () => {
    const before = await listClientIds();
    const { output } = await run(`
      test('hears', async ({ page, videocall }) => {
        await page.goto(process.env.SHOP);
        const call = await videocall.embed(page, { selector: 'iframe', scenario: 'foreign-origin-event' });
        expect(await call.state()).toBe('waiting-room');
        await videocall.clock.advance('10m');
        expect(await call.heard('VideocallCompleted')).toEqual({
          type: 'info', code: 'VideocallCompleted', message: 'The video call has been successfully completed',
        });
        expect(call.events().map(({ code }) => code)).toEqual(
          ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'],
        );
        const error = await call.heard('VideocallNotFound', { timeout: 50 }).catch((error) => error);
        expect(error.message).toMatch(/^the page did not receive VideocallNotFound within 50ms; it received /);
        expect(error.message).toContain('VideocallCompleted (dropped: its origin http://elsewhere.localhost');
      });
      test('hears a page that embeds the call itself, also after it was loaded again', async ({ page, videocall }) => {
        const listening = await videocall.listen(page);
        const src = async (id) => videocall.call(id).src(await videocall.token());
        const open = async (id) => page.goto(process.env.SHOP.replace(/src=.*/, 'src=' + encodeURIComponent(await src(id))));
        await open('not-found');
        await listening.heard('VideocallNotFound');
        await open('server-not-operational');
        await listening.heard('VideocallServerNotOperational');
      });
      test('hears in a page that is in a frame itself', async ({ page, videocall }) => {
        const listening = await videocall.listen(page);
        const src = videocall.call('not-found').src(await videocall.token());
        const inner = process.env.SHOP.replace(/src=.*/, 'src=' + encodeURIComponent(src));
        await page.goto(process.env.SHOP.replace(/src=.*/, 'src=' + encodeURIComponent(inner)));
        await listening.heard('VideocallNotFound');
      });
      test('embeds several', async ({ page, context, videocall }) => {
        const [one, other] = [await videocall.embed(page), await videocall.embed(await context.newPage())];
        await one.join();
        await one.heard('VideocallLoading');
        expect([one.validationId, other.validationId]).toEqual(['validation-1', 'validation-2']);
        expect([await one.state(), await other.state()]).toEqual(['loading', 'waiting-room']);
        expect(other.events()).toEqual([]);
        await Promise.all([one, other].map((call) => call.end().catch(() => call.fail('VideocallNotFound'))));
      });`);
    expect(output).toContain('4 passed');
    expect(await listClientIds()).toEqual(before);
  });

  it('runs tests in parallel whose backend has fixed credentials, by tokens that a route replaces', async () => {
    const pages = await startPageServer();
    const app = pages.page(`<p role="status">waiting</p><script>
      addEventListener('message', ({ origin, data }) => {
        if (origin.includes('videocall')) document.querySelector('p').textContent = data.code;
      });
      fetch('/api/token').then((answer) => answer.json()).then(({ access_token }) => {
        const frame = document.createElement('iframe');
        frame.allow = 'camera; microphone;';
        frame.width = frame.height = 600;
        frame.src = '${mock.browserUrl}/call?access_token=' + access_token + '&validation_id=same';
        document.body.append(frame);
      });
    </script>`);
    const { output } = await run(
      `
      test.describe.configure({ mode: 'parallel' });
      test.use({ failOnFindings: false });
      const open = async ({ page, videocall }) => {
        await page.route('**/api/token', async (route) =>
          route.fulfill({ json: { access_token: await videocall.token() } }));
        await page.goto('${app}');
        await videocall.waitFor({ page: 'open' }, { timeout: '30s' });
        return videocall.call('same');
      };
      const expectStatus = (page, code) => expect(page.getByRole('status')).toHaveText(code);
      test('succeeds', async ({ page, videocall }) => {
        const call = await open({ page, videocall });
        for (const action of ['join', 'start', 'end']) await call[action]();
        await expectStatus(page, 'VideocallCompleted');
      });
      test('fails', async ({ page, videocall }) => {
        const call = await open({ page, videocall });
        await call.fail('VideocallServerNotOperational');
        await expectStatus(page, 'VideocallServerNotOperational');
      });
      test.describe('late', () => {
        test.use({ videocallClient: { scenario: 'agent-late' } });
        test('is late', async ({ page, videocall }) => {
          await open({ page, videocall });
          await videocall.clock.advance('30m');
          await expectStatus(page, 'VideocallCompleted');
        });
      });
      test('is closed', async ({ page, videocall }) => {
        const call = await open({ page, videocall });
        await page.close();
        await videocall.waitFor({ page: 'none' }, { timeout: '30s' });
        expect(await call.join()).toEqual({ page: 'none' });
      });`,
      '--workers=4',
    );
    await pages.close();
    expect(output).toContain('4 passed');
  });

  it('says within five seconds why a frame is not ready', async () => {
    const { output } = await run(
      `
      import { createServer } from 'node:http';
      const createPage = (attributes) =>
        '<!doctype html><iframe id="videocall-iframe" width="800" height="600"' + attributes + '></iframe>';
      /** The error of a frame in a page with these attributes and headers. */
      async function embedWrongly({ page, videocall }, attributes, headers = {}) {
        const server = createServer((_, response) =>
          response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(createPage(attributes)));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        await page.goto('http://localhost:' + server.address().port);
        server.close();
        const before = performance.now();
        const error = await videocall.embed(page, { selector: 'iframe' }).catch((error) => error);
        expect(performance.now() - before).toBeLessThan(25_000);
        return error;
      }
      test.use({ failOnFindings: false });
      test('frame-src', async ({ page, videocall }) => {
        const error = await embedWrongly({ page, videocall }, '', { 'content-security-policy': "frame-src 'none'" });
        expect([error.code, error.message]).toEqual(['timeout', expect.stringMatching(
          /^the page has not asked for the frame within 5000ms; the browser says: .*Content Security Policy.*frame-src/)]);
      });
      test('lazy', async ({ page, videocall }) => {
        const error = await embedWrongly({ page, videocall }, ' loading="lazy" style="margin-top: 10000px"');
        expect(error.message).toMatch(/has not asked for the frame within 5000ms; its iframe has loading="lazy"/);
      });
      test('local network', async ({ page, videocall }) => {
        await page.route('http://localhost:1/', (route) =>
          route.fulfill({ body: createPage(''), contentType: 'text/html' }));
        await page.goto('http://localhost:1/');
        const error = await videocall.embed(page, { selector: 'iframe' }).catch((error) => error);
        expect(error.message).toMatch(/LOCAL_NETWORK_ACCESS_CHECKS; .*grantPermissions/);
      });
      test('refused', async ({ page, videocall }) => {
        await videocall.faults.arm({ endpoint: 'call', status: 503 });
        const error = await embedWrongly({ page, videocall }, '');
        expect([error.code, error.message]).toEqual(
          ['forbidden', expect.stringMatching(/^the frame was refused: GET \\/call was answered with 503; /)]);
      });
      test('no script', async ({ page, videocall }) => {
        const error = await embedWrongly({ page, videocall }, ' sandbox=""');
        expect(error.message).toMatch(/^the frame was served, and its script has not run within 5000ms; .*sandbox/);
      });
      test('no events', async ({ page, videocall }) => {
        await page.route('**/call/events*', (route) => route.abort());
        const error = await embedWrongly({ page, videocall }, '');
        expect(error.message).toMatch(/^the frame was served, and its script has run, but got no events within/);
      });`,
      '--workers=3',
    );
    expect(output).toContain('6 passed');
  });

  it('says at the line of the test what was heard in vain, and attaches the history of the call', async () => {
    const { output } = await run(`
      test('waits in vain', async ({ page, videocall }) => {
        const call = await videocall.embed(page, { scenario: 'agent-late' });
        await page.evaluate(() => {
          const cycle = { big: 1n };
          cycle.self = cycle;
          for (const data of [10n, { code: 20n }, cycle, { code: { toString: 1 } }, new Map([[1, 2]]), undefined])
            postMessage(data, '*');
          const frame = document.body.appendChild(document.createElement('iframe'));
          frame.contentWindow.eval('parent.postMessage({ big: 1n }, "*"); const c = {}; c.c = c; parent.postMessage(c, "*");' +
            'parent.postMessage({ code: { toString: 1 } }, "*"); parent.postMessage(new Map([[1, 2]]), "*")');
        });
        await call.heard('VideocallLoading', { timeout: 500 }); // LINE
      });`);
    expect(output).toMatch(
      /MockError: the page did not receive VideocallLoading within 500ms; it received \{"big":"1n"\}/,
    );
    expect(output).toMatch(/its script continues in \d+s: clock\.advance\('\d+s'\)/);
    expect(output).toMatch(/> +\d+ \|.*\/\/ LINE/);
    expect(output).toMatch(/at .*a\.spec\.mjs:\d+:\d+/);
    expect(output).toContain('videocall.html');
    expect(output).toContain('videocall-journal.json');
  });
});
