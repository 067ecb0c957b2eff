import { describe, expect, it } from 'vitest';
import { type Consumer, createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { getProgram } from '../support/docs.ts';
import { explainMissingNode, findNodeProgram, NODES } from '../support/nodes.ts';
import { explainMissingTool } from '../support/tools.ts';
import { explainMissingVitest5, VITEST_5 } from '../support/vitest-5.ts';

const project = useConsumer(['vitest', '@playwright/test', 'typescript', '@types/node']);
const SIMULATOR = ['node_modules/mock-veridas/dist/mock-veridas.cjs', 'exec'];

const USE = `
const mock = await startMock({ logLevel: 'error' });
const client = await mock.client();
const other = await connectMock(mock.adminUrl);
const [node] = process.version.split('.');
console.log(node, (await client.token()).length, (await other.findings()).length, new MockError('timeout', 'x').code);
await mock.close();
`;

const MODULES = [
  ['NodeNext', 'NodeNext', 'typed.ts'],
  ['NodeNext', 'NodeNext', 'typed.cts'],
  ['ESNext', 'Bundler', 'typed.ts'],
] as const;

/** Returns the type errors in a program that uses the package, and in the package's declarations. */
async function findTypeErrors(
  project: Consumer,
  module: string,
  moduleResolution: string,
  name: string,
): Promise<string[]> {
  project.write(name, TYPED);
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
  };
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [name] }));
  const { output } = await project.node([project.tool('typescript/bin/tsc'), '--noEmit', '-p', '.']);
  // Errors in declarations of other packages do not count.
  return output
    .split('\n')
    .filter((line) => line !== '' && !/^(node_modules\/(?!mock-veridas)|\.\.| )/.test(line));
}

const noChromium = explainMissingTool('chromium');

describe.each(NODES)('a project that installs the package on Node %i', (version) => {
  const why = explainMissingNode(version);
  const test = it.skipIf(why);
  const named = (name: string) => (why === undefined ? name : `${name} (${why})`);
  const node = (...args: string[]) => project.node(args, {}, findNodeProgram(version));

  test(named('imports the package'), async () => {
    project.write('use.mjs', `import { connectMock, MockError, startMock } from 'mock-veridas';${USE}`);
    expect(await node('use.mjs')).toEqual({ code: 0, output: `v${version} 30 0 timeout\n` });
  });

  test(named('requires the package from CommonJS'), async () => {
    const program = `const { connectMock, MockError, startMock } = require('mock-veridas');\n(async () => {${USE}})();`;
    project.write('use.cjs', program);
    const { code, output } = await node('use.cjs');
    // Some versions of Node warn that require() of an ES module is experimental.
    expect(output).toContain(`v${version} 30 0 timeout\n`);
    expect(code).toBe(0);
  });

  test(named('runs the mock-veridas command'), async () => {
    const { code, output } = await node(...SIMULATOR, '--', findNodeProgram(version), '--version');
    expect(output).toMatch(new RegExp(`^v${version}\\.`));
    expect(code).toBe(0);
  });

  test(named('runs the Vitest example of the docs'), async () => {
    project.write('videocall.test.ts', getProgram('videocall.test.ts'));
    const { code, output } = await node(project.tool('vitest/vitest.mjs'), 'run', 'videocall.test.ts');
    expect(output).toMatch(/Tests +\d+ passed/);
    expect(code).toBe(0);
  });

  it.skipIf(why ?? noChromium)(
    `${named('runs the Playwright example of the docs')}${noChromium ? ` (${noChromium})` : ''}`,
    async () => {
      project.write('videocall.spec.ts', getProgram('videocall.spec.ts'));
      project.write('playwright.config.ts', createPlaywrightConfig('failOnFindings: true, '));
      const { code, output } = await node(
        project.tool('@playwright/test/cli.js'),
        'test',
        'videocall.spec.ts',
      );
      expect(output).toMatch(/\d+ passed/);
      expect(code).toBe(0);
    },
  );
});

describe('a project that installs the package', () => {
  it.each(['fastify', 'typebox', 'yaml', 'esbuild'])(
    'does not need %s, which the build uses',
    async (name) => {
      project.write('missing.mjs', `await import('${name}').catch(({ code }) => console.log(code));`);
      expect((await project.node(['missing.mjs'])).output).toBe('ERR_MODULE_NOT_FOUND\n');
    },
  );

  it('resolves the schema of scenarios but no file outside the exports', async () => {
    project.write(
      'paths.mjs',
      `console.log(import.meta.resolve('mock-veridas/scenario.schema.json').endsWith('/fixtures/scenario.schema.json'));
      await import('mock-veridas/dist/launch.js').catch(({ code }) => console.log(code));`,
    );
    expect((await project.node(['paths.mjs'])).output).toBe('true\nERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it.each(MODULES)('type-checks with module %s and resolution %s in %s', async (...modules) => {
    expect(await findTypeErrors(project, ...modules)).toEqual([]);
  });

  it('runs the Vitest example of the docs against the simulator of exec', async () => {
    project.write('videocall.test.ts', getProgram('videocall.test.ts'));
    const tests = ['--', process.execPath, project.tool('vitest/vitest.mjs'), 'run', 'videocall.test.ts'];
    const { code, output } = await project.node([...SIMULATOR, '--strict', ...tests]);
    expect(output).toMatch(/Tests +\d+ passed/);
    expect(code).toBe(0);
  });

  it.each(['plain.mjs', 'remote.mjs'] as const)(
    'runs %s of the docs against the simulator of exec',
    async (name) => {
      project.write(name, getProgram(name));
      expect(await project.node([...SIMULATOR, '--', process.execPath, name])).toEqual({
        code: 0,
        output: expect.stringMatching(/^mock-veridas: coverage 0 of .*\n$/),
      });
    },
  );

  it('reaches a simulator of exec that requires credentials', async () => {
    project.write('remote.mjs', getProgram('remote.mjs'));
    const flags = ['--host', '0.0.0.0', '--admin-user', 'ops@home'];
    const { code, output } = await project.node([
      ...SIMULATOR,
      ...flags,
      '--',
      process.execPath,
      'remote.mjs',
    ]);
    expect(output).toContain('credentials are ops@home:');
    expect(code).toBe(0);
  });
});

const noVitest5 = explainMissingVitest5();

describe.skipIf(noVitest5)(
  `a project that installs the package with Vitest 5${noVitest5 ? ` (${noVitest5})` : ''}`,
  () => {
    const projectWith5 = useConsumer(['@playwright/test', 'typescript', '@types/node'], VITEST_5);

    // Vitest 5 does not support Node 20.
    for (const version of NODES.filter((node) => node !== 20)) {
      const why = explainMissingNode(version);
      const name = `runs the Vitest example of the docs with Vitest 5 on Node ${version}`;
      it.skipIf(why)(why === undefined ? name : `${name} (${why})`, async () => {
        projectWith5.write('videocall.test.ts', getProgram('videocall.test.ts'));
        const args = [projectWith5.tool('vitest/vitest.mjs'), 'run', 'videocall.test.ts'];
        const { code, output } = await projectWith5.node(args, {}, findNodeProgram(version));
        expect(output).toMatch(/ v5\..*Tests +\d+ passed/s);
        expect(code).toBe(0);
      });
    }

    it.each(MODULES)('type-checks with Vitest 5, module %s and resolution %s in %s', async (...modules) => {
      expect(await findTypeErrors(projectWith5, ...modules)).toEqual([]);
    });
  },
);

const TYPED = `
import { connectMock, MockError, startMock, type Call, type Finding, type Mock } from 'mock-veridas';
import { test as unit } from 'mock-veridas/vitest';
import { test as page } from 'mock-veridas/playwright';

export async function use(): Promise<void> {
  const started = await startMock({ scenario: 'manual', port: 0 });
  const mocks: Mock[] = [started, await connectMock(), await connectMock({ adminUrl: started.adminUrl })];
  for (const mock of mocks) {
    await using client = await mock.client({ environment: 'production', allowedIps: ['10.0.0.0/8'] });
    const call: Call = await client.call('val-1', { n: 1 }).get();
    const state: 'waiting-room' | 'loading' | 'in-call' | 'ended' | 'error' = call.state;
    const openedAt: string = call.openedAt;
    const endedAt: string | null = call.endedAt;
    const findings: Finding[] = await client.findings();
    const header: string | undefined = (await client.journal.list({ validationId: 'v' }))[0]?.headers['user-agent'];
    const { at }: { at: string } = await client.waitFor({ event: 'VideocallCompleted' }, { timeout: '1s' });
    const { tokens }: { tokens: string[] } = await client.waitFor({ callState: 'ended' }, { timeout: 1000 });
    const { status }: { status: number | null } = await client.waitFor({ request: { path: '/call' } });
    await client.faults.arm({ endpoint: 'token', status: 503, retryAfter: 2 });
    await client.scenarios.put('s', { steps: [{ waitFor: 'x' }, { after: '1s', agent: 'join' }] });
    // @ts-expect-error there is no such state
    await client.waitFor({ callState: 'asleep' });
    // @ts-expect-error it is called validationId
    call.validation_id;
    // @ts-expect-error there is no such action
    await client.call('v').sleep();
    console.log(state, openedAt, endedAt, findings[0]?.rule, header, at, tokens, status);
  }
  try {
    await started.token();
  } catch (error) {
    if (error instanceof MockError && error.code === 'no_token') console.log(error.hint);
    // @ts-expect-error there is no such code
    if (error instanceof MockError && error.code === 'nothing') console.log(error.hint);
  }
}

unit.override({ failOnFindings: true, videocallClient: { scenario: 'manual' } });
unit('x', async ({ mock, videocall }) => {
  const id: string = videocall.clientId + mock.url;
  // @ts-expect-error there is no such fixture
  await unit('y', async ({ nothing }) => {});
  console.log(id);
});

page.use({ failOnFindings: true, videocallClient: { scenario: 'manual' } });
page('x', async ({ page, videocall }) => {
  const call = await videocall.embed(page, { scenario: 'manual' });
  const { code }: { code: string } = await call.heard('VideocallLoading', { timeout: 100 });
  console.log(code, call.events().length, await call.join());
  // @ts-expect-error there is no such option
  await videocall.embed(page, { nothing: true });
});
`;
