import { rmSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useConsumer } from '../support/consumer.ts';
import { getProgram } from '../support/docs.ts';
import { explainMissingJest, JEST } from '../support/jest.ts';

/** Runs tests with frameworks that require the package as CommonJS. */

const why = explainMissingJest();

describe.skipIf(why)(`a project that requires the package${why ? ` (${why})` : ''}`, () => {
  const project = useConsumer([], JEST);
  beforeEach(() => {
    project.write('package.json', '{ "private": true }');
    for (const folder of ['tests', 'jest.config.js'])
      rmSync(path.join(project.folder(), folder), { recursive: true, force: true });
  });
  const jest = (...args: string[]) => project.node([project.tool('jest/bin/jest.js'), ...args]);

  it.each(['node', 'jsdom'])(
    'runs the Jest example of the docs in the environment %s',
    async (environment) => {
      project.write('tests/videocall.test.js', getProgram('videocall.test.js'));
      const { code, output } = await jest('--env', environment);
      expect(output).toContain('2 passed, 2 total');
      expect(code).toBe(0);
    },
  );

  it.each([
    ['node', ''],
    ['jsdom', ''],
    ['node', 'fakeTimers: { enableGlobally: true },'],
    ['jsdom', "moduleNameMapper: { '^mock-veridas$': require.resolve('mock-veridas') },"],
  ])('works in the Jest environment %s with %j', async (environment, config) => {
    project.write('jest.config.js', `module.exports = { testEnvironment: '${environment}', ${config} };`);
    for (const name of ['one', 'other']) project.write(`tests/${name}.test.js`, USE);
    const { code, output } = await jest('--workers=2');
    expect(output).toContain('8 passed, 8 total');
    expect(output).not.toContain('did not exit');
    expect(code).toBe(0);
  });

  it.each(['node10', 'node16', 'bundler'])(
    'type-checks with ts-jest and resolution %s',
    async (resolution) => {
      const tsconfig = {
        module: resolution === 'node16' ? 'node16' : 'commonjs',
        moduleResolution: resolution,
        target: 'es2022',
        strict: true,
        types: ['jest', 'node'],
      };
      const transform = { '^.+\\.ts$': ['ts-jest', { tsconfig }] };
      project.write('jest.config.js', `module.exports = ${JSON.stringify({ transform })};`);
      project.write('tests/typed.test.ts', TYPED);
      const { code, output } = await jest();
      expect(output).toContain('1 passed, 1 total');
      expect(code).toBe(0);
    },
  );

  it('runs in Mocha', async () => {
    project.write(
      'tests/token.spec.js',
      `const { startMock } = require('mock-veridas');
        describe('a simulator', () => {
          let mock;
          before(async () => { mock = await startMock({ logLevel: 'error' }); });
          after(() => mock.close());
          it('issues tokens', () => mock.token());
        });`,
    );
    const args = ['--timeout', '60000', '--require', 'mock-veridas', 'tests/token.spec.js'];
    const { code, output } = await project.node([project.tool('mocha/bin/mocha.js'), ...args]);
    expect(output).toContain('1 passing');
    expect(code).toBe(0);
  });

  it('has one copy of the code for require and import', async () => {
    project.write(
      'both.mjs',
      `import * as imported from 'mock-veridas';
        import { createRequire } from 'node:module';
        const required = createRequire(import.meta.url)('mock-veridas');
        console.log(Object.keys(imported).filter((name) => imported[name] !== required[name]), Object.keys(required).length);`,
    );
    expect(await project.node(['both.mjs'])).toEqual({ code: 0, output: '[] 6\n' });
  });
});

const USE = `
const { CannotListen, connectMock, MockError, newMemoryStore, startMock } = require('mock-veridas');
let mock;
beforeAll(async () => {
  const scenarios = new Map([['manual', { steps: [] }]]);
  mock = await startMock({ logLevel: 'error', tokenFormat: 'jwt', scenario: 'manual', scenarios, store: newMemoryStore() });
});
afterAll(() => mock.close());

test('answers with objects of the test', async () => {
  const client = await mock.client();
  await client.token();
  const entries = await client.journal.list();
  expect(entries).toHaveLength(1);
  expect([entries instanceof Array, Object.getPrototypeOf(entries[0]) === Object.prototype]).toEqual([true, true]);
  expect(await client.clock.advance('1m')).toStrictEqual({ now: expect.any(String), frozen: false, offsetMs: 60000 });
  expect(await (await connectMock(mock.adminUrl)).findings()).toStrictEqual([]);
}, 20000);

test('throws errors of the test', async () => {
  const error = await startMock({ port: 'x' }).catch((error) => error);
  expect(error).toBeInstanceOf(MockError);
  expect(error).toBeInstanceOf(Error);
  expect(error.errors).toStrictEqual([{ path: '/port', message: expect.any(String) }]);
  const port = Number(/\\d+$/.exec(mock.url)[0]);
  await expect(startMock({ port })).rejects.toThrow(CannotListen);
  await expect(connectMock('http://127.0.0.1:9')).rejects.toMatchObject({ code: 'unreachable' });
  await expect(mock.waitFor({ event: 'x' }, { timeout: 10 })).rejects.toThrow(MockError);
}, 20000);

test('keeps real time under fake timers', async () => {
  jest.useFakeTimers({ now: new Date('2001-01-01') });
  const other = await startMock({ logLevel: 'error', https: true });
  expect(await other.token()).toHaveLength(30);
  await expect(other.waitFor({ event: 'x' }, { timeout: 50 })).rejects.toMatchObject({ code: 'timeout' });
  expect(Date.parse(await other.clock.now())).toBeGreaterThan(Date.parse('2020-01-01'));
  await other.close();
}, 20000);

test('works again after the modules were reset', async () => {
  jest.resetModules();
  const other = await require('mock-veridas').startMock({ logLevel: 'error' });
  expect(await other.token()).toHaveLength(30);
  await other.close();
}, 20000);
`;

const TYPED = `
import { MockError, type Mock, startMock } from 'mock-veridas';
let mock: Mock;
beforeAll(async () => { mock = await startMock({ logLevel: 'error' }); });
afterAll(() => mock.close());
test('is typed', async () => {
  const token: string = await mock.token();
  expect(token).toHaveLength(30);
  // @ts-expect-error there is no such option
  await expect(startMock({ nothing: 1 })).rejects.toThrow(MockError);
});
`;
