import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { type Environment, useCiMachine } from '../support/ci-machine.ts';
import { useConsumer } from '../support/consumer.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { BLOCKS, type Block, PROGRAMS, toPattern } from '../support/readme.ts';
import { findFreePort, type RedisServer, startRedis } from '../support/redis.ts';
import { useTerminal } from '../support/terminal.ts';
import { explainMissingTool } from '../support/tools.ts';
import { verifierProblem } from '../support/verifier.ts';
import { type PageServer, startPageServer } from '../support/web-pages.ts';

const execute = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../..');

/** Blocks that are not run, by their first lines, with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {};
const MOST_NOT_RUN = 5;

/** What a page hears of a whole call. */
const EVENTS = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];

/** How blocks are run that begin like this; the first that fits counts. */
interface Way {
  readonly language: RegExp;
  readonly begins: RegExp;
  /** Why it cannot be gone on this machine. */
  readonly lacks?: string | undefined;
  run(block: Block): Promise<void>;
}

describe('the README', () => {
  const project = useConsumer(['redis', '@pact-foundation/pact', '@pact-foundation/pact-core']);
  const shell = useCiMachine(() => project.folder());
  const run = useTerminal(() => home);
  let d: Drive;
  let pages: PageServer;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mock-veridas-readme-'));
    [d, pages] = await Promise.all([openDrive(), startPageServer()]);
  });
  afterAll(async () => {
    await pages.close();
    await d.mock.close();
    rmSync(home, { recursive: true });
  });

  const config = () => path.join(home, 'mock-veridas.config.yaml');
  let browser: Browser | undefined;
  let redis: RedisServer | undefined;
  afterEach(async () => {
    await browser?.close();
    await redis?.stop();
    rmSync(config(), { force: true });
    browser = undefined;
    redis = undefined;
  });

  const here = (text: string) => text.replaceAll('4010', new URL(d.mock.url).port);
  const expectShown = (printed: string, { output }: Block) => {
    if (output === undefined) return;
    // Answers of the control API end without a line of their own.
    const lines = printed.replace(/\r/g, '').replace(/\}(?=[{H])/g, '}\n');
    expect(lines.trim()).toMatch(toPattern(output));
  };

  /** The heading of the block before; under each a reader begins with a simulator that was just started. */
  let last = '';
  /** What a reader puts in for ID. */
  let id = '';
  async function ask(block: Block): Promise<void> {
    if (block.heading !== last) await d.admin('POST', '/reset');
    last = block.heading;
    // What is refused is an error where nothing is shown of it.
    writeFileSync(path.join(home, '.curlrc'), block.output === undefined ? 'fail-with-body\n' : '');
    const lines = here(block.text).replaceAll('/ID/', `/${id}/`);
    // biome-ignore lint/style/noProcessEnv: curl is found by it
    const env = { PATH: process.env.PATH ?? '', HOME: home };
    const { stdout } = await execute('bash', ['-e', '-c', lines], { cwd: home, env });
    id = /"data":\{"id":"([^"]+)"/.exec(stdout)?.[1] ?? id;
    expectShown(stdout, block);
  }

  /** Opens the page that is shown, for a call that plays `scenario`; answers what it writes to its console. */
  async function openPage(scenario: string): Promise<string[]> {
    await d.admin('POST', '/reset');
    await d.admin('PATCH', '/clients/sandbox-client', { scenario });
    const html = BLOCKS.find(({ language }) => language === 'html')?.text ?? '';
    browser = await launchChromium();
    const page: Page = await browser.newPage();
    const written: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'log') written.push(message.text());
    });
    await page.goto(pages.page(here(html).replace('ACCESS_TOKEN', await d.token())));
    const checkedIn = { for: { call_state: 'waiting-room' }, validation_id: 'my-validation' };
    expect((await d.admin('POST', '/wait', checkedIn)).status).toBe(200);
    await expect.poll(async () => (await d.admin('GET', '/calls')).json.items[0]?.page).toBe('open');
    return written;
  }
  const heardIn = (written: string[]) => () => written.map((text) => text.split(' ', 1)[0]);

  /** What a reader has by the time a block is read, by its first line. */
  const GIVEN: Readonly<Record<string, () => Promise<Environment> | Environment>> = {
    'npx mock-veridas validate one.yaml two.yaml': () => {
      project.write('one.yaml', 'name: one\nsteps:\n  - { after: "-1s", agent: join }\n');
      project.write('two.yaml', 'name: two\nsteps:\n  - { after: 1s, agent: start }\n');
      return {};
    },
    'npx mock-veridas report --out reports/videocall': async () => {
      await d.admin('POST', '/reset');
      for (const call of ['customer-1', 'customer-2', 'customer-3']) await d.open(await d.token(), call);
      await fetch(`${d.mock.url}/o/token`, { method: 'POST' });
      return { MOCK_VERIDAS_PORT: new URL(d.mock.url).port };
    },
    'npm install --save-dev mock-veridas @pact-foundation/pact@16 @pact-foundation/pact-core@19': () => {
      const pact = 'guide-backend--videocall-manager.json';
      cpSync(path.join(ROOT, 'contracts', pact), path.join(project.folder(), 'expected.json'));
      setTest('mkdir -p pacts && cp expected.json pacts/');
      return {};
    },
  };

  const setTest = (command: string) =>
    project.write(
      'package.json',
      JSON.stringify({ private: true, type: 'module', scripts: { test: command } }),
    );

  /** Takes the lines that install packages away, which must be there already. */
  function installed(text: string): string[] {
    const lines = text.trim().split('\n');
    const named = lines
      .filter((line) => line.startsWith('npm install '))
      .flatMap((line) => line.split(' ').slice(2))
      .filter((word) => !word.startsWith('-'))
      .map((word) => word.replace(/(?<=.)@\d+$/, ''));
    expect(named.filter((name) => !existsSync(project.tool(name)))).toEqual([]);
    return lines.filter((line) => !line.startsWith('npm install '));
  }

  async function runInProject(block: Block): Promise<void> {
    setTest(`node -e "process.exit(process.env.VIDEOCALL_URL ? 0 : 1)"`);
    const env = (await GIVEN[block.name]?.()) ?? {};
    const { code, output } = await shell.bash(installed(block.text).join('\n'), env);
    expectShown(output, block);
    // What ends badly is shown with its faults.
    if (block.output === undefined) expect([code, output]).toEqual([0, output]);
  }

  /** Starts a simulator that is stopped when the test ends, and waits until it is ready. */
  async function started(args: string[], block: Block, env = {}, command?: string[]): Promise<string> {
    const port = String(await findFreePort());
    const running = run(args, { MOCK_VERIDAS_PORT: port, ...env }, command);
    await running.ready;
    const printed = () => running.output().replaceAll(port, '4010').replaceAll(home, '/home/you');
    await expect.poll(printed).toMatch(/^ {2}scenario/m);
    expectShown(printed(), block);
    return printed();
  }

  const inConsumerTest = readFileSync(path.join(import.meta.dirname, 'consumer.test.ts'), 'utf8');

  const WAYS: readonly Way[] = [
    {
      language: /^sh$/,
      begins: /^curl .*\/my-validation\/agent/,
      lacks: explainMissingTool('chromium') ?? explainMissingTool('curl'),
      async run(block) {
        const written = await openPage('manual');
        await ask(block);
        await expect.poll(heardIn(written)).toEqual(EVENTS);
      },
    },
    { language: /^sh$/, begins: /^curl /, lacks: explainMissingTool('curl'), run: ask },
    {
      language: /^html$/,
      begins: /^<script>/,
      lacks: explainMissingTool('chromium'),
      async run() {
        const written = await openPage('happy');
        await d.admin('POST', '/clock/advance', { by: '8s' });
        await expect.poll(heardIn(written)).toEqual(EVENTS);
      },
    },
    {
      language: /^sh$/,
      begins: /^(npm ci\n)?npm start\b/,
      async run(block) {
        const [, args = ''] = /npm start(?: -- (.*))?\n$/.exec(block.text) ?? [];
        await started(args.split(' ').filter(Boolean), block);
      },
    },
    {
      language: /^sh$/,
      begins: /^npm install mock-veridas redis\n/,
      lacks: explainMissingTool('redis'),
      async run(block) {
        redis = await startRedis();
        const [line = ''] = installed(block.text);
        const args = line.replace('redis://127.0.0.1:6379', redis.url).split(' ').slice(2);
        await started(args, block, {}, [project.tool('.bin/mock-veridas')]);
      },
    },
    {
      language: /^sh$/,
      begins: /verify/,
      lacks: verifierProblem,
      run: runInProject,
    },
    { language: /^sh$/, begins: /^npx mock-veridas /, run: runInProject },
    {
      language: /^yaml$/,
      begins: /^# yaml-language-server/,
      async run({ text }) {
        writeFileSync(path.join(home, 'papers-first.yaml'), text);
        const { exited, output } = run(['validate', 'papers-first.yaml']);
        expect(await exited).toBe(0);
        expect(output()).toBe('ok: papers-first.yaml\n');
      },
    },
    {
      language: /^yaml$/,
      begins: /^port: /,
      async run(block) {
        writeFileSync(config(), block.text);
        expect(await started(['start'], block)).toMatch(/clients {3}shop\n {2}scenario {2}manual\n$/);
      },
    },
    {
      language: /^[jt]s$/,
      begins: /^\/\/ \S+\.\w+\n/,
      async run({ name }) {
        expect(PROGRAMS).toContain(name.slice(3));
        expect(inConsumerTest).toContain(`'${name.slice(3)}'`);
      },
    },
  ];

  const wayOf = ({ language, text }: Block) =>
    WAYS.find((way) => way.language.test(language) && way.begins.test(text));

  it('has no block that is neither run nor listed as not run', () => {
    const isListed = ({ name }: Block) => Object.hasOwn(NOT_RUN, name);
    expect(BLOCKS.filter((block) => wayOf(block) === undefined && !isListed(block))).toEqual([]);
    expect(BLOCKS.length).toBeGreaterThan(0);
  });

  it(`has every block that is listed as not run, and at most ${MOST_NOT_RUN} of them`, () => {
    const names = Object.keys(NOT_RUN);
    expect(names.filter((name) => !BLOCKS.some((block) => block.name === name))).toEqual([]);
    expect(names.length).toBeLessThanOrEqual(MOST_NOT_RUN);
  });

  for (const block of BLOCKS) {
    const way = wayOf(block);
    if (way === undefined) continue;
    const why = way.lacks === undefined ? '' : ` (skipped: ${way.lacks})`;
    it.skipIf(way.lacks)(`under "${block.heading}": ${block.name}${why}`, () => way.run(block));
  }
});
