import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startMock } from '../../src/library/index.ts';
import { useConsumer } from '../support/consumer.ts';
import { explainMissingNode, findNodeProgram } from '../support/nodes.ts';
import { explainMissingVitest5, VITEST_5 } from '../support/vitest-5.ts';

/** Runs the fixtures of Vitest and Playwright without `exec`, and checks the reports that their workers write. */

const project = useConsumer(['vitest', '@playwright/test']);
const projectWith5 = useConsumer([], VITEST_5);
// Vitest 5 does not support Node 20.
const no5 = explainMissingVitest5() ?? explainMissingNode(24);

const createTest = (from: string, body: string) => `
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'mock-veridas/${from}';
test('makes a mistake', async ({ mock, videocall }) => {
  await fetch(videocall.call('v').src(await videocall.token()).replace(mock.browserUrl, mock.url));
  if (process.env.BREAKS) {
    rmSync('reports', { recursive: true, force: true });
    writeFileSync('reports', '');
  }
  ${body}
});`;

const VITEST = (pool: string) => ({
  tool: ['vitest/vitest.mjs', 'run'],
  configure: (report: string) => [
    'vitest.config.mjs',
    `export default { test: { pool: '${pool}', provide: { videocallReport: ${report} } } };`,
  ],
  tests: { 'a.test.mjs': createTest('vitest', ''), 'b.test.mjs': createTest('vitest', '') },
});
const PLAYWRIGHT = {
  tool: ['@playwright/test/cli.js', 'test'],
  configure: (report: string) => [
    'playwright.config.mjs',
    `export default { reporter: 'line', workers: 1, use: { videocallReport: ${report} } };`,
  ],
  // Playwright replaces a worker whose test has failed.
  tests: {
    'a.spec.mjs': createTest('playwright', "process.chdir('/'); throw new Error('failed');"),
    'b.spec.mjs': createTest('playwright', ''),
  },
};
const RUNNERS = [
  ['Playwright', { ...PLAYWRIGHT, project, program: process.execPath, runs: it }],
  ['Vitest 4 in processes', { ...VITEST('forks'), project, program: process.execPath, runs: it }],
  ['Vitest 4 in threads', { ...VITEST('threads'), project, program: process.execPath, runs: it }],
  [
    `Vitest 5${no5 ? ` (${no5})` : ''}`,
    { ...VITEST('forks'), project: projectWith5, program: findNodeProgram(24), runs: it.skipIf(no5) },
  ],
] as const;

const IGNORED = 'coverage-ignore: [{ situation: two-calls, reason: one call a day }]';
const REPORTS = 'reports/videocall';

describe.each(RUNNERS)(
  'the reports of workers of %s',
  (_name, { project, program, runs, tool: [tool, command], configure, tests }) => {
    const at = (...names: string[]) => path.join(project.folder(), ...names);
    const run = (report: string, env: Record<string, string> = {}) => {
      project.write(...(configure(report) as [string, string]));
      return project.node([project.tool(tool as string), command as string], env, program);
    };
    beforeEach(() => {
      for (const name of readdirSync(project.folder()).filter((one) => !/^node_modules$|^package/.test(one)))
        rmSync(at(name), { recursive: true });
      for (const [name, text] of Object.entries(tests)) project.write(name, text);
    });

    runs(
      'are written to a folder for each without what the config file ignores, and merged into one',
      async () => {
        project.write('mock-veridas.config.yaml', IGNORED);
        await run(`'${REPORTS}'`);
        const workers = readdirSync(at(REPORTS));
        expect(workers).toEqual([
          expect.stringMatching(/^worker-\d+$/),
          expect.stringMatching(/^worker-\d+$/),
        ]);
        for (const worker of workers)
          expect(readdirSync(at(REPORTS, worker)).toSorted()).toEqual(
            ['report.html', 'junit.xml', 'summary.md', 'report.json'].toSorted(),
          );
        for (const worker of workers)
          expect(readFileSync(at(REPORTS, worker, 'summary.md'), 'utf8')).toContain('one call a day');
        rmSync(at('mock-veridas.config.yaml'));
        const folders = workers.map((worker) => path.join(REPORTS, worker));
        const args = [project.tool('mock-veridas/dist/mock-veridas.cjs'), 'report', '--merge', ...folders];
        const merged = await project.node([...args, '--out', 'all']);
        expect(merged).toEqual({ code: 0, output: expect.stringContaining('2 calls, 2 findings') });
        expect(merged.output).toContain('of 30 situations');
      },
    );

    runs('fail the tests, with the reason, where they cannot be written', async () => {
      writeFileSync(at('file'), '');
      for (const [report, message] of [
        [
          "'file/reports'",
          /videocallReport: E\w+: .*file\/reports.*; choose a place that this user can write to/,
        ],
        ["'/proc/reports'", /videocallReport: ENOENT: .*; choose a place that this user can write to/],
        ["''", `videocallReport: "" is not a folder; give the path of one, for example 'reports/videocall'`],
        ['true', 'videocallReport: true is not a folder; give the path of one'],
      ] as const) {
        const { code, output } = await run(report);
        expect(output).toMatch(message);
        expect(code).toBe(1);
      }
      project.write('mock-veridas.config.yaml', IGNORED.replace('two-calls', 'two-cals'));
      expect((await run(`'${REPORTS}'`)).output).toMatch(
        /videocallReport: mock-veridas.config.yaml:1:\d+ situation: "two-cals" is not a situation; did you mean "two-calls"\?/,
      );
    });

    runs('say where they could not be written at the end', async () => {
      const { output } = await run(`'${REPORTS}'`, { BREAKS: '1' });
      expect(output).toMatch(/videocallReport: E\w+: .*videocall\/worker-\d+'; choose a place/);
    });

    runs('are left to exec', async () => {
      const mock = await startMock({ logLevel: 'error' });
      const { adminUrl, url, browserUrl } = mock;
      await run(`'${REPORTS}'`, {
        VIDEOCALL_ADMIN_URL: adminUrl,
        VIDEOCALL_URL: url,
        VIDEOCALL_BROWSER_URL: browserUrl,
      });
      expect(await mock.findings()).toHaveLength(2);
      expect(existsSync(at('reports'))).toBe(false);
      await mock.close();
    });
  },
);
