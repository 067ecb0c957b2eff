import { describe, expect, it } from 'vitest';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { explainMissingTestDoms, TEST_DOMS } from '../support/test-doms.ts';
import { explainMissingTool } from '../support/tools.ts';

/** Runs library and fixtures where a test, or the DOM that it runs in, has replaced what Node has. */

const STUBS = [
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'EventSource',
  'URL',
  'URLSearchParams',
  'AbortController',
  'TextEncoder',
  'Buffer',
  'crypto',
  'performance',
  'setTimeout',
  'setImmediate',
  'structuredClone',
];

const why = explainMissingTestDoms();

describe.skipIf(why)(`happy-dom, jsdom and msw${why ? ` (${why})` : ''}`, () => {
  const project = useConsumer(['vitest'], TEST_DOMS);
  const vitest = (...args: string[]) => project.node([project.tool('vitest/vitest.mjs'), 'run', ...args]);

  it.each([
    ['node', 'forks', false],
    ['happy-dom', 'forks', false],
    ['happy-dom', 'vmThreads', true],
    ['jsdom', 'threads', true],
    ['jsdom', 'vmForks', false],
  ])(
    'keeps the fixture for Vitest working in %s with pool %s, inlined: %s',
    async (environment, pool, isInlined) => {
      const inline = isInlined ? ['mock-veridas'] : [];
      project.write(
        'setup.mjs',
        "import { vi } from 'vitest'; vi.useFakeTimers({ now: new Date('2001-01-01') });",
      );
      const test = { environment, pool, setupFiles: ['setup.mjs'], server: { deps: { inline } } };
      project.write('vitest.config.mjs', `export default ${JSON.stringify({ test })};`);
      project.write('a.test.mjs', IN_VITEST);
      const { code, output } = await vitest();
      expect(output).toMatch(/Tests +5 passed/);
      expect(code).toBe(0);
    },
  );

  it.each(['node', 'happy-dom', 'jsdom'])(
    'keeps the fixture for Vitest working in %s beside msw that forbids other requests',
    async (environment) => {
      project.write('vitest.config.mjs', `export default { test: { environment: '${environment}' } };`);
      project.write('a.test.mjs', IN_MSW);
      const { code, output } = await vitest();
      expect(output).toMatch(/Tests +1 passed/);
      expect(code).toBe(0);
    },
  );

  it.each(['happy-dom', 'jsdom'])(
    'has no finding for a backend that is tested in %s',
    async (environment) => {
      project.write('vitest.config.mjs', `export default { test: { environment: '${environment}' } };`);
      project.write('a.test.mjs', BACKEND_IN_DOM);
      const { code, output } = await vitest();
      expect(output).toMatch(/Tests +1 passed/);
      expect(code).toBe(0);
    },
  );
});

const noChromium = explainMissingTool('chromium');

describe.skipIf(noChromium)(`the fixture for Playwright${noChromium ? ` (${noChromium})` : ''}`, () => {
  const project = useConsumer(['@playwright/test']);

  it('works when a test has replaced globals, also where tests are CommonJS', async () => {
    project.write('package.json', '{ "private": true }');
    project.write('playwright.config.ts', createPlaywrightConfig());
    project.write('a.spec.ts', IN_PLAYWRIGHT);
    const { code, output } = await project.node([
      project.tool('@playwright/test/cli.js'),
      'test',
      'a.spec.ts',
    ]);
    expect(output).toContain('2 passed');
    expect(code).toBe(0);
  });
});

const IN_VITEST = `
import { expect, vi } from 'vitest';
import { connectMock, startMock } from 'mock-veridas';
import { test } from 'mock-veridas/vitest';

test('with fake timers', async ({ videocall }) => {
  await videocall.token();
  await videocall.faults.arm({ endpoint: 'token', latency: '20ms', times: 1 });
  await videocall.token();
  await expect(videocall.waitFor({ event: 'VideocallCompleted' }, { timeout: 50 })).rejects.toMatchObject({ code: 'timeout' });
  expect(Date.parse(await videocall.clock.now())).toBeGreaterThan(Date.parse('2020-01-01'));
  expect(await videocall.findings()).toEqual([]);
});
test('with stubs', async ({ videocall }) => {
  function stubbed() { throw new Error('this is a stub'); }
  for (const name of ${JSON.stringify(STUBS)}) vi.stubGlobal(name, stubbed);
  await videocall.token();
  expect(await videocall.journal.count({ path: '/o/token/' })).toBe(1);
  expect(videocall.call('a').src('t')).toContain('access_token=t&validation_id=a');
  expect(await videocall.findings()).toEqual([]);
});
test('with stubs that were left', async ({ videocall }) => {
  await videocall.token();
  await videocall.clock.advance('1h');
});
test('with a simulator that starts among stubs', async () => {
  const mock = await startMock({ logLevel: 'error', tokenFormat: 'jwt' });
  const other = await connectMock(mock.adminUrl);
  await other.token();
  await mock.close();
});
test('without stubs again', async ({ videocall }) => {
  vi.unstubAllGlobals();
  await videocall.token();
});
`;

const IN_MSW = `
import { afterAll, beforeAll, expect } from 'vitest';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { connectMock, startMock } from 'mock-veridas';
import { test } from 'mock-veridas/vitest';

const server = setupServer(http.get('http://shop.test/', () => HttpResponse.json({ isMocked: true })));
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(() => server.close());

test('with msw', async ({ mock, videocall }) => {
  await expect(fetch('http://elsewhere.test/')).rejects.toThrow();
  await videocall.token();
  await expect(videocall.waitFor({ event: 'VideocallCompleted' }, { timeout: 50 })).rejects.toMatchObject({ code: 'timeout' });
  const other = await startMock({ logLevel: 'error' });
  await (await connectMock(other.adminUrl)).token();
  await other.close();
  expect(await mock.findings()).toEqual([]);
});
`;

/** As \`fetch\` and axios do it; jsdom refuses the answers, but sends the requests. */
const BACKEND_IN_DOM = `
import axios from 'axios';
import { expect } from 'vitest';
import { test } from 'mock-veridas/vitest';

test('asks for tokens', async ({ mock, videocall }) => {
  if (window.happyDOM) window.happyDOM.settings.fetch.disableSameOriginPolicy = true;
  const url = mock.url + '/o/token/';
  const authorization = 'Basic ' + btoa(videocall.clientId + ':' + videocall.clientSecret);
  const body = 'grant_type=client_credentials';
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: videocall.clientId, client_secret: videocall.clientSecret });
  await fetch(url, { method: 'POST', body: form });
  await axios.post(url, form).catch(() => {});
  await axios.post(url, body, { headers: { authorization } }).catch(() => {});
  const origins = (await mock.journal.list()).map(({ headers }) => headers.origin);
  expect(origins).toContain('http://localhost:3000');
  expect(await mock.findings()).toEqual([]);
});
`;

const IN_PLAYWRIGHT = `
import { expect } from '@playwright/test';
import { test } from 'mock-veridas/playwright';

test('keeps its own', async ({ videocall }) => {
  for (const name of ['fetch', 'URL', 'URLSearchParams', 'setTimeout', 'WebSocket', 'crypto']) {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: () => { throw new Error('this is a stub'); } });
  }
  await videocall.token();
  expect(await videocall.findings()).toEqual([]);
});
test('keeps its own from before the test', async ({ videocall }) => {
  await videocall.token();
});
`;
