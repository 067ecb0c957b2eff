import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runInThisContext } from 'node:vm';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as library from '../../src/library/index.ts';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { explainMissingTool } from '../support/tools.ts';

/** Runs each `@example` of the source. It must log what the comment after each `console.log` says. */

const SRC = path.join(import.meta.dirname, '../../src');

const EXAMPLES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const source = readFileSync(path.join(SRC, file), 'utf8');
    return [...source.matchAll(/@example\n((?: *\* .*\n| *\*\n(?! *\* @))+)/g)].map(
      ({ index, 1: text = '' }) => ({
        place: `${file}:${source.slice(0, index).split('\n').length}`,
        code: text.replace(/^ *\* ?/gm, ''),
      }),
    );
  });
const PROGRAMS = EXAMPLES.filter(({ code }) => !code.startsWith('import '));
const testsFor = (framework: string) => EXAMPLES.filter(({ code }) => code.includes(`from '${framework}'`));

/** Returns the output that an example documents; `…` stands for any text. */
const parseExpectedOutput = (code: string) =>
  [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text = '']) =>
    expect.stringMatching(
      new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')}$`),
    ),
  );

describe('the examples in the source', () => {
  let mock: library.Mock;
  beforeAll(async () => {
    // The examples expect an ended call of val-1.
    mock = await library.startMock({ scenario: 'manual', logLevel: 'error' });
    const call = mock.call('val-1');
    await fetch(call.src(await mock.token()).replace(mock.browserUrl, mock.url));
    await call.join();
    await call.end();
  });
  afterAll(() => mock.close());

  it('covers the library, Vitest and Playwright', () => {
    expect(PROGRAMS.length).toBeGreaterThanOrEqual(9);
    expect([testsFor('vitest').length, testsFor('@playwright/test').length]).toEqual([1, 1]);
  });

  it.each(PROGRAMS)('runs the example at $place', async ({ code }) => {
    const logged: string[] = [];
    const globals = { ...library, mock, console: { log: (...all: unknown[]) => logged.push(all.join(' ')) } };
    const here = code.replaceAll('http://127.0.0.1:4010', mock.url);
    const program = `(async ({ ${Object.keys(globals)} }) => { { ${here} } })`;
    const { code: script } = transformSync(program, { loader: 'ts', target: 'node20' });
    await runInThisContext(script)(globals);
    expect(logged).toEqual(parseExpectedOutput(code));
  });

  const project = useConsumer(['vitest', '@playwright/test']);

  it.each(testsFor('vitest'))('runs the example at $place with Vitest', async ({ code }) => {
    project.write('example.test.ts', code);
    const { output } = await project.node([project.tool('vitest/vitest.mjs'), 'run']);
    expect(output).toMatch(/Tests +1 passed/);
  });

  const why = explainMissingTool('chromium');
  it.skipIf(why).each(testsFor('@playwright/test'))(
    `runs the example at $place with Playwright${why ? ` (${why})` : ''}`,
    async ({ code }) => {
      project.write('example.spec.ts', code);
      project.write('playwright.config.ts', createPlaywrightConfig());
      const { output } = await project.node([
        project.tool('@playwright/test/cli.js'),
        'test',
        'example.spec.ts',
      ]);
      expect(output).toContain('1 passed');
    },
  );
});
