import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StartedMock, startMock } from '../../src/library/index.ts';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { explainMissingNode, findNodeProgram } from '../support/nodes.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';
import { explainMissingVitest5, VITEST_5 } from '../support/vitest-5.ts';

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

describe.each(VITESTS)('the fixtures for %s', { timeout: 60_000 }, (_name, { project, program, test }) => {
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

describe.skipIf(why)(`the fixtures for Playwright${why ? ` (${why})` : ''}`, { timeout: 120_000 }, () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());
  const run = (text: string) => {
    project.write(
      'a.spec.mjs',
      `import { expect } from '@playwright/test';\nimport { test } from 'mock-veridas/playwright';\n${text}`,
    );
    project.write('playwright.config.ts', createPlaywrightConfig('failOnFindings: true, '));
    return project.node([project.tool('@playwright/test/cli.js'), 'test', 'a.spec.mjs'], {
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
      test('embeds several', async ({ page, context, videocall }) => {
        const [one, other] = [await videocall.embed(page), await videocall.embed(await context.newPage())];
        await one.join();
        await one.heard('VideocallLoading');
        expect([one.validationId, other.validationId]).toEqual(['validation-1', 'validation-2']);
        expect([await one.state(), await other.state()]).toEqual(['loading', 'waiting-room']);
        expect(other.events()).toEqual([]);
        await Promise.all([one, other].map((call) => call.end().catch(() => call.fail('VideocallNotFound'))));
      });`);
    expect(output).toContain('3 passed');
    expect(await listClientIds()).toEqual(before);
  });
});
