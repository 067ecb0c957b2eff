import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedMock, startMock } from '../../src/library/index.ts';
import { useConsumer } from '../support/consumer.ts';
import { getProgram } from '../support/docs.ts';
import { explainMissingTestcafe, TESTCAFE } from '../support/testcafe.ts';
import { explainMissingTool } from '../support/tools.ts';
import { type PageServer, startPageServer } from '../support/web-pages.ts';

const why = explainMissingTool('chromium') ?? explainMissingTestcafe();

/** Does in Node what a line in /etc/hosts does. */
const HOSTS = `const dns = require('node:dns');
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name === 'videocall.localhost' ? '127.0.0.1' : name, ...rest);
`;

describe.skipIf(why)(`a test with TestCafe${why ? ` (${why})` : ''}`, () => {
  const project = useConsumer([], TESTCAFE);
  let mock: StartedMock;
  let pages: PageServer;
  beforeAll(async () => {
    [mock, pages] = await Promise.all([startMock({ logLevel: 'error' }), startPageServer()]);
  });
  afterAll(() => Promise.all([mock.close(), pages.close()]));

  it.each([
    ['with native automation', []],
    ['behind its proxy', ['--disable-native-automation']],
  ])('hears the three events %s', async (_name, args) => {
    await mock.reset();
    const app = pages.page(
      async () => `<p role="status">waiting</p><script>
        addEventListener('message', ({ origin, data }) => {
          if (origin.includes('videocall')) document.querySelector('p').textContent = data.code;
        });
      </script>
      <iframe allow="camera; microphone;" width="600" height="600" src="${mock.call('manual~1').src(await mock.token())}"></iframe>`,
    );
    project.write('hosts.cjs', HOSTS);
    project.write(
      'videocall.testcafe.js',
      getProgram('videocall.testcafe.js').replace('http://localhost:3000/?validation=manual~1', app),
    );
    const { code, output } = await project.node(
      [
        ...['--require', './hosts.cjs', project.tool('testcafe/bin/testcafe.js')],
        ...['chromium:headless --no-sandbox', 'videocall.testcafe.js', '--hostname', 'localhost'],
        ...['--assertion-timeout', '30000', ...args],
      ],
      { VIDEOCALL_ADMIN_URL: mock.adminUrl, VIDEOCALL_URL: mock.url, VIDEOCALL_BROWSER_URL: mock.browserUrl },
    );
    expect(output).toContain('1 passed');
    expect(code).toBe(0);
    expect(await mock.findings()).toEqual([]);
  });
});
