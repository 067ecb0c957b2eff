import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StartedMock, startMock } from '../../src/library/index.ts';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { explainMissingNode, findNodeProgram } from '../support/nodes.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';
import { explainMissingVitest5, VITEST_5 } from '../support/vitest-5.ts';

/** The fixtures as Vitest and Playwright run them, against a simulator that can be asked what they have left. */

const project = useConsumer(['vitest', '@playwright/test']);
let mock: StartedMock;
beforeAll(async () => {
  mock = await startMock({ scenario: 'manual', logLevel: 'error' });
});
afterAll(() => mock.close());

const handedOn = () => ({
  VIDEOCALL_ADMIN_URL: mock.adminUrl,
  VIDEOCALL_URL: mock.url,
  VIDEOCALL_BROWSER_URL: mock.browserUrl,
});
async function clientsLeft(): Promise<string[]> {
  const { items } = (await (await fetch(`${mock.adminUrl}/clients`)).json()) as {
    items: { client_id: string }[];
  };
  return items.map(({ client_id }) => client_id);
}

/** A request that only a mistake makes: the frame at the address for backends. */
const MISTAKE =
  'await fetch(videocall.call("v").src(await videocall.token()).replace(mock.browserUrl, mock.url));';
const WORDS = 'error: the frame is opened at a host without "videocall" in its name';

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

  test('give each test a client of its own in the simulator of exec, and remove those where all was well', async () => {
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
    const { output } = await run(handedOn());
    expect(output).toMatch(/Tests +1 failed \| 2 passed/);
    expect(await clientsLeft()).toEqual(['sandbox-client', 'mistaken', 'failed']);
  });

  test('start a simulator where there is none, and let tests fail on findings where they should', async () => {
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
    expect(output).toContain('the integration made a mistake');
    expect(output).toContain(WORDS);
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
      ...handedOn(),
      SHOP: shop.getPageUrl('about:blank'),
    });
  };

  it('let a test fail on findings, and leave its client', async () => {
    const { output } = await run(`
      test.use({ videocallClient: { clientId: 'mistaken-page' } });
      test('is mistaken', async ({ mock, videocall }) => { ${MISTAKE} });`);
    expect(output).toContain('1 failed');
    expect(output).toContain(WORDS);
    expect(await clientsLeft()).toContain('mistaken-page');
  });

  it('embed a call in a page that is open, and listen to it as the guide does', async () => {
    const before = await clientsLeft();
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
        expect(error.message).toMatch(/^the page has not heard VideocallNotFound within 50ms; it has heard /);
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
    expect(await clientsLeft()).toEqual(before);
  });
});
