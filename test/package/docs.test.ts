import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { type Environment, useCiMachine } from '../support/ci-machine.ts';
import { useConsumer } from '../support/consumer.ts';
import {
  BLOCKS,
  type Block,
  listAnchors,
  listLocalLinks,
  PAGES,
  PROGRAMS,
  toPattern,
} from '../support/docs.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { findFreePort, type RedisServer, startRedis } from '../support/redis.ts';
import { useTerminal } from '../support/terminal.ts';
import { explainMissingTool, findTool } from '../support/tools.ts';
import { verifierProblem } from '../support/verifier.ts';
import { type PageServer, startPageServer } from '../support/web-pages.ts';

const execute = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../..');

/** Blocks that are not run, by their first lines, with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'docker compose up': 'test/containers runs the same image and its profiles',
  '// Token.cs': 'needs the .NET SDK, which Debian does not package',
  '// VideoCall.jsx': 'needs React; was tried by hand',
  '<!-- VideoCall.vue -->': 'needs Vue; was tried by hand',
  '// video-call.component.ts': 'needs Angular; only its types were checked by hand',
  '// videocall.cy.js': 'needs Cypress, which downloads a browser of its own',
  '<!-- res/xml/network_security_config.xml -->': 'needs Android',
  '// MainActivity.kt': 'needs Android',
  '// CallViewController.swift': 'needs iOS',
  'npm pack': 'needs a registry; the packed file is installed by other tests',
};
const MAX_NOT_RUN = 10;

/** Pages that tell one story: the simulator keeps what an earlier heading has done. */
const CONTINUED = ['docs/tutorial.md'];
const MAX_README_LINES = 150;
const MAX_PAGE_LINES = 200;

const NO_COVERAGE = { items: [], total: 0, played: 0, ignored: [] };

/** Asks for the health of the simulator. */
const HEALTH_JAVA = `import java.net.URI;
import java.net.http.*;

public class Health {
  public static void main(String[] args) throws Exception {
    var url = URI.create(System.getenv("VIDEOCALL_URL") + "/__admin/health");
    var answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.statusCode());
  }
}
`;

interface Link {
  /** The file that it leads to, by its path in the repository. */
  readonly file: string;
  readonly anchor: string | undefined;
}

function resolveLink(from: string, target: string): Link {
  const [file = '', anchor] = target.split('#');
  return { file: file === '' ? from : path.join(path.dirname(from), file), anchor };
}

function isDead({ file, anchor }: Link): boolean {
  const target = path.join(ROOT, file);
  if (!existsSync(target)) return true;
  return anchor !== undefined && !listAnchors(readFileSync(target, 'utf8')).includes(anchor);
}

/** What a page hears of a whole call. */
const EVENTS = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];

/** How blocks that begin like this are run; the first match counts. */
interface Way {
  readonly language: RegExp;
  readonly begins: RegExp;
  /** Why such blocks cannot be run on this machine. */
  readonly lacks?: string | undefined;
  run(block: Block): Promise<void>;
}

/** How a program that gets a token is run in each language. */
const LANGUAGES = [
  { language: /^js$/, file: 'token.mjs', command: [process.execPath] },
  { language: /^python$/, file: 'token.py', command: ['python3'], lacks: explainMissingTool('python') },
  { language: /^java$/, file: 'Token.java', command: ['java'], lacks: explainMissingTool('java') },
  { language: /^java$/, file: 'Basic.java', command: ['java'], lacks: explainMissingTool('java') },
  {
    language: /^php$/,
    file: 'token.php',
    command: ['php'],
    lacks: explainMissingTool('php') ?? explainMissingTool('php-curl'),
  },
  {
    language: /^php$/,
    file: 'guzzle.php',
    command: ['php'],
    lacks: explainMissingTool('php') ?? explainMissingTool('guzzle'),
  },
  { language: /^go$/, file: 'token.go', command: ['go', 'run'], lacks: explainMissingTool('go') },
  { language: /^ruby$/, file: 'token.rb', command: ['ruby'], lacks: explainMissingTool('ruby') },
] as const;

describe('the documentation', () => {
  const project = useConsumer(['redis', '@pact-foundation/pact', '@pact-foundation/pact-core']);
  const shell = useCiMachine(() => project.folder());
  const run = useTerminal(() => home);
  let d: Drive;
  let pages: PageServer;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mock-veridas-docs-'));
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
    // JSON answers end without a line break, and the simulator has a port of its own.
    const lines = printed
      .replace(/\r/g, '')
      // What compare says on a busy machine.
      .replace(/^also seen: answers are slow.*\n/m, '')
      .replace(/\}(?=[{H"\d])/g, '}\n')
      .replaceAll(`:${new URL(d.mock.url).port}/`, ':4010/');
    expect(lines.trim()).toMatch(toPattern(output));
  };

  /** Where the block before stands. Under each heading a reader starts with a fresh simulator. */
  let last = '';
  /** What a reader puts in for ID. */
  let id = '';
  const placeOf = ({ file, heading }: Block) => (CONTINUED.includes(file) ? file : `${file}#${heading}`);
  async function ask(block: Block): Promise<void> {
    if (placeOf(block) !== last) await d.admin('POST', '/reset');
    last = placeOf(block);
    // What is refused is an error where nothing is shown of it.
    writeFileSync(path.join(home, '.curlrc'), block.output === undefined ? 'fail-with-body\n' : '');
    const lines = here(block.text).replaceAll('/ID/', `/${id}/`);
    // A reader stays in one shell, so a token kept in a variable is still there in the next block.
    const script = `test ! -e variables || . ./variables\n${lines}\ndeclare -p token > variables 2>&1 || rm variables`;
    // biome-ignore lint/style/noProcessEnv: curl is found by it
    const env = { PATH: process.env.PATH ?? '', HOME: home };
    const { stdout } = await execute('bash', ['-e', '-c', script], { cwd: home, env });
    id = /"data":\{"id":"([^"]+)"/.exec(stdout)?.[1] ?? id;
    expectShown(stdout, block);
  }

  /** Opens the HTML page that the docs page shows, for a call that plays `scenario`; returns what it writes to its console. */
  async function openPage(scenario: string, block: Block): Promise<string[]> {
    await d.admin('POST', '/reset');
    last = placeOf(block);
    await d.admin('PATCH', '/clients/sandbox-client', { scenario });
    const html = BLOCKS.find(({ file, language }) => file === block.file && language === 'html')?.text ?? '';
    browser = await launchChromium();
    const page: Page = await browser.newPage();
    const written: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'log') written.push(message.text());
    });
    await page.goto(pages.page(here(html).replace('ACCESS_TOKEN', await d.token())));
    const checkedIn = { for: { page: 'open' }, validation_id: 'my-validation' };
    expect((await d.admin('POST', '/wait', checkedIn)).status).toBe(200);
    return written;
  }
  const heardIn = (written: string[]) => () => written.map((text) => text.split(' ', 1)[0]);

  function writeReports(...folders: string[]): Environment {
    const lists = { clients: [], calls: [], tokens: [], requests: [], findings: [], coverage: NO_COVERAGE };
    const report = JSON.stringify({ version: '0.1.0', at: '2030-01-01T00:00:00.000Z', ...lists });
    for (const folder of folders) project.write(`${folder}/report.json`, report);
    return {};
  }

  /** What a reader has by the time a block is read, by its first line. */
  const GIVEN: Readonly<Record<string, () => Promise<Environment> | Environment>> = {
    'npx --no-install mock-veridas validate one.yaml two.yaml': () => {
      project.write('one.yaml', 'name: one\nsteps:\n  - { after: "-1s", agent: join }\n');
      project.write('two.yaml', 'name: two\nsteps:\n  - { after: 1s, agent: start }\n');
      return {};
    },
    'npx --no-install mock-veridas report --out reports/videocall': async () => {
      await d.admin('POST', '/reset');
      for (const call of ['customer-1', 'customer-2', 'customer-3']) await d.open(await d.token(), call);
      await fetch(`${d.mock.url}/o/token`, { method: 'POST' });
      return { MOCK_VERIDAS_PORT: new URL(d.mock.url).port };
    },
    'npx --no-install mock-veridas compare --target "$SANDBOX_URL" --markdown differences.md --write sandbox.yaml':
      () => ({
        SANDBOX_URL: d.mock.url,
        CLIENT_ID: 'sandbox-client',
        CLIENT_SECRET: 'sandbox-secret',
      }),
    'npx --no-install mock-veridas exec --profile sandbox.yaml -- npm test': () => {
      project.write('sandbox.yaml', 'name: sandbox\nanswers: {}\n');
      return {};
    },
    'npx --no-install mock-veridas report --merge reports/shard-1 reports/shard-2 --out reports/all': () =>
      writeReports('reports/shard-1', 'reports/shard-2'),
    'npx --no-install mock-veridas report --merge test-results/videocall/* --out reports/videocall': () =>
      writeReports('test-results/videocall/worker-0', 'test-results/videocall/worker-1'),
    'npx --no-install mock-veridas report --merge reports/workers/* --out reports/videocall': () =>
      writeReports('reports/workers/worker-0', 'reports/workers/worker-1'),
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

  /** Runs a program that gets a token. */
  async function runProgram(block: Block, file: string, [program = '', ...args]: readonly string[]) {
    writeFileSync(path.join(home, file), block.text);
    mkdirSync(path.join(home, 'vendor'), { recursive: true });
    // Composer would write this file; Debian has another place for the package.
    writeFileSync(path.join(home, 'vendor/autoload.php'), `<?php require '${findTool('guzzle')}';`);
    const env = {
      // biome-ignore lint/style/noProcessEnv: programs are found by it
      ...process.env,
      VIDEOCALL_URL: d.mock.url,
      CLIENT_ID: 'sandbox-client',
      CLIENT_SECRET: 'sandbox-secret',
    };
    const { stdout } = await execute(program, [...args, file], { cwd: home, env });
    expect(stdout.trim()).toMatch(/^\w{30}$/);
  }

  const otherTests = [
    'consumer.test.ts',
    'jest.test.ts',
    'react.test.ts',
    'testcafe.test.ts',
    '../contracts/generated-clients.test.ts',
  ].map((file) => readFileSync(path.join(import.meta.dirname, file), 'utf8'));
  const expectRunElsewhere = (name: string) =>
    expect(otherTests.filter((text) => text.includes(`'${name}'`))).toHaveLength(1);

  const WAYS: readonly Way[] = [
    {
      language: /^sh$/,
      begins: /^curl .*\/my-validation\/agent/,
      lacks: explainMissingTool('chromium') ?? explainMissingTool('curl'),
      async run(block) {
        const written = await openPage('manual', block);
        await ask(block);
        await expect.poll(heardIn(written)).toEqual(EVENTS);
      },
    },
    { language: /^sh$/, begins: /^(?:token=\$\()?curl /, lacks: explainMissingTool('curl'), run: ask },
    {
      language: /^html$/,
      begins: /^<script>/,
      lacks: explainMissingTool('chromium'),
      async run(block) {
        const written = await openPage('happy', block);
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
        const args = line.replace('redis://127.0.0.1:6379', redis.url).split(' ').slice(3);
        await started(args, block, {}, [project.tool('.bin/mock-veridas')]);
      },
    },
    ...LANGUAGES.map(({ language, file, command, ...way }) => ({
      language,
      begins: new RegExp(`^.*\\b${file.replace('.', '\\.')}\n`),
      ...way,
      async run(block: Block) {
        await runProgram(block, file, command);
      },
    })),
    {
      language: /^(?:yaml|nginx|haproxy)$/,
      begins: /^# (?:recipes|docker)\//,
      async run({ name, text }) {
        const excerpt = text.slice(text.indexOf('\n') + 1);
        expect(readFileSync(path.join(ROOT, name.slice(2)), 'utf8')).toContain(excerpt);
      },
    },
    {
      language: /^sh$/,
      begins: /^keytool /,
      lacks: explainMissingTool('java'),
      async run({ text }) {
        project.write('Health.java', HEALTH_JAVA);
        project.write('java.sh', `${text}java Health.java\n`);
        const { code, output } = await shell.bash(
          'npx --no-install mock-veridas exec --https -- sh -e java.sh',
        );
        expect([code, output]).toEqual([0, expect.stringMatching(/^200$/m)]);
      },
    },
    {
      language: /^sh$/,
      begins: /^npm install --save-dev (?:openapi|swagger)-typescript/,
      run: async ({ name }) => expectRunElsewhere(name),
    },
    {
      language: /^sh$/,
      begins: /verify/,
      lacks: verifierProblem,
      run: runInProject,
    },
    {
      language: /^sh$/,
      begins: /^npx --no-install mock-veridas (?:start|--)/,
      async run(block) {
        const args = block.text.trim().split(' ').slice(3);
        await started(args, block, {}, [project.tool('.bin/mock-veridas')]);
      },
    },
    { language: /^sh$/, begins: /^npx --no-install mock-veridas /, run: runInProject },
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
      begins: /^coverage-ignore:/,
      async run({ text }) {
        project.write('mock-veridas.config.yaml', text);
        const { code, output } = await shell.bash('npx --no-install mock-veridas exec -- true');
        rmSync(path.join(project.folder(), 'mock-veridas.config.yaml'));
        expect([code, output]).toEqual([0, expect.stringContaining('coverage 0 of 29 situations')]);
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
      language: /^yaml$/,
      begins: /^# mock-veridas\.config\.yaml\n/,
      async run(block) {
        writeFileSync(config(), block.text);
        expect(await started(['start'], block)).toMatch(/clients {3}shop, shop-broken\n/);
      },
    },
    {
      language: /^js$/,
      begins: /^\/\/ call\.test\.mjs\n/,
      async run({ text }) {
        project.write('call.test.mjs', text);
        const { code, output } = await shell.bash(
          'npx --no-install mock-veridas exec -- node --test call.test.mjs',
        );
        expect([code, output]).toEqual([0, output]);
      },
    },
    {
      language: /^js$/,
      begins: /^\/\/ pact\.test\.mjs\n/,
      lacks: verifierProblem,
      async run({ text }) {
        project.write('pact.test.mjs', text);
        const env = { PACT_DO_NOT_TRACK: 'true', LOG_LEVEL: 'error' };
        const commands =
          'rm -rf pacts; node --test pact.test.mjs; npx --no-install mock-veridas verify pacts; rm -rf pacts';
        const { code, output } = await shell.bash(commands, env);
        expect(output).toContain('13 interactions: 13 passed, 0 failed');
        expect(code).toBe(0);
      },
    },
    {
      language: /^[jt]s$/,
      begins: /^\/\/ \S+\.\w+\n/,
      async run({ name }) {
        expect(PROGRAMS).toContain(name.slice(3));
        expectRunElsewhere(name.slice(3));
      },
    },
  ];

  const isListed = ({ name }: Block) => Object.hasOwn(NOT_RUN, name);
  const wayOf = (block: Block) =>
    isListed(block)
      ? undefined
      : WAYS.find((way) => way.language.test(block.language) && way.begins.test(block.text));

  it('has no block that is neither run nor listed as not run', () => {
    expect(BLOCKS.filter((block) => wayOf(block) === undefined && !isListed(block))).toEqual([]);
    expect(BLOCKS.length).toBeGreaterThan(0);
  });

  it(`has every block that is listed as not run, and at most ${MAX_NOT_RUN} of them`, () => {
    const names = Object.keys(NOT_RUN);
    expect(names.filter((name) => !BLOCKS.some((block) => block.name === name))).toEqual([]);
    expect(names.length).toBeLessThanOrEqual(MAX_NOT_RUN);
  });

  it('has short pages', () => {
    const maxLines = (file: string) => (file === 'README.md' ? MAX_README_LINES : MAX_PAGE_LINES);
    const tooLong = PAGES.filter(({ file, text }) => text.trimEnd().split('\n').length > maxLines(file));
    expect(tooLong.map(({ file }) => file)).toEqual([]);
  });

  it('has no page to which no other page leads', () => {
    const linked = PAGES.flatMap(({ file, text }) =>
      listLocalLinks(text).map((target) => resolveLink(file, target)),
    );
    expect(
      PAGES.filter(({ file }) => file !== 'README.md' && !linked.some((one) => one.file === file)),
    ).toEqual([]);
  });

  describe.each(PAGES)('$file', ({ file, text, blocks }) => {
    it('has no dead link', () => {
      expect(listLocalLinks(text).filter((target) => isDead(resolveLink(file, target)))).toEqual([]);
    });

    for (const block of blocks) {
      const way = wayOf(block);
      if (way === undefined) continue;
      const why = way.lacks === undefined ? '' : ` (skipped: ${way.lacks})`;
      it.skipIf(way.lacks)(`under "${block.heading}": ${block.name}${why}`, () => way.run(block));
    }
  });
});
