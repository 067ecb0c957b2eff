/**
 * `npm test`: installs missing tools, then runs lint, types, dead code and every test. The tests of `ON_BOTH_STORES`
 * run a second time on a Redis, and those of `ON_SENTINEL` a third time on Sentinels. Beside them, the image is built and
 * tested in a container engine. The last line counts the tests of all
 * runs: `N passed, N failed, N skipped`. The lines before it name the skipped and the failed ones. With `CI` set, a skipped
 * test fails the run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Engine, explainMissingEngine, startEngine } from './containers/engine.ts';
import { createValidatorInstallArgs } from './support/api-validators.ts';
import { createDevServerInstallArgs } from './support/dev-servers.ts';
import { createInterceptorInstallArgs } from './support/interceptors.ts';
import { createJestInstallArgs } from './support/jest.ts';
import { createNodeInstallArgs } from './support/nodes.ts';
import { createGeneratorInstallArgs } from './support/openapi-generators.ts';
import { createPackageManagerInstallArgs } from './support/package-managers.ts';
import { startRedis } from './support/redis.ts';
import { startSentinelGroup } from './support/sentinel.ts';
import { createTestDomInstallArgs } from './support/test-doms.ts';
import { createTestcafeInstallArgs } from './support/testcafe.ts';
import { createTestcontainersInstallArgs } from './support/testcontainers.ts';
import { explainMissingTool, findTool, TOOLS, type Tool } from './support/tools.ts';
import { createViteInstallArgs } from './support/vite.ts';
import { createVitest5InstallArgs } from './support/vitest-5.ts';

interface TestFile {
  name: string;
  /** Why the file could not be loaded, or empty. */
  message: string;
  status: string;
  assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
}

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
  testResults: TestFile[];
}

const formatEnv = (env: Record<string, string>) => Object.entries(env).map((pair) => `${pair.join('=')} `);

async function runWith(env: Record<string, string>, command: string, ...args: string[]): Promise<boolean> {
  console.log(`\n> ${formatEnv(env).join('')}${command} ${args.join(' ')}`);
  // biome-ignore lint/style/noProcessEnv: the child inherits the environment
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = await once(child, 'exit');
  return code === 0;
}
const run = (command: string, ...args: string[]): Promise<boolean> => runWith({}, command, ...args);

/** How many packages are installed at once: most of that is waiting for the registry. */
const INSTALLS_AT_ONCE = 4;

/** Without a registry, the tests that need these packages are skipped with a reason. */
async function installPackages(): Promise<void> {
  const installs = [
    createNodeInstallArgs(),
    createPackageManagerInstallArgs(),
    createTestcontainersInstallArgs(),
    createVitest5InstallArgs(),
    createValidatorInstallArgs(),
    createGeneratorInstallArgs(),
    createInterceptorInstallArgs(),
    createDevServerInstallArgs(),
    createJestInstallArgs(),
    createTestDomInstallArgs(),
    createTestcafeInstallArgs(),
    createViteInstallArgs(),
  ];
  const missing = installs.filter((args) => args.length > 0).values();
  const installOneByOne = async () => {
    for (const args of missing) await run('npm', ...args);
  };
  await Promise.all(Array.from({ length: INSTALLS_AT_ONCE }, installOneByOne));
}

async function installTools(): Promise<void> {
  const missing = (Object.keys(TOOLS) as Tool[]).filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0 || process.getuid?.() !== 0) return;
  if (spawnSync('apt-get', ['--version']).status !== 0) return;
  await run('apt-get', 'update', '-qq');
  await run(
    'apt-get',
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...new Set(missing.map((tool) => TOOLS[tool].debian)),
  );
}

/** Runs the test files whose paths contain one of `filters`, or all files. */
async function runTests(env: Record<string, string>, ...filters: string[]): Promise<Results> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-test-'));
  try {
    const file = path.join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const exclude = filters.includes(IN_CONTAINERS) ? [] : ['--exclude', `${IN_CONTAINERS}**`];
    await runWith(env, 'npx', 'vitest', 'run', '--dir', 'test', ...exclude, ...reporters, ...filters);
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The tests that need a container engine. */
const IN_CONTAINERS = 'test/containers/';

/** Starts an engine, or returns why there is none. */
const startContainers = (): Promise<Engine | string> =>
  explainMissingEngine()
    .then<Engine | string>((why) => why ?? startEngine())
    .catch(({ message }: Error) => message);

/** Most of the time these tests wait for the registry and for containers, so they run beside the others. */
async function runInContainers(starting: Promise<Engine | string>): Promise<Results[]> {
  const engine = await starting;
  if (typeof engine === 'string') {
    console.log(`\nnot run in containers: ${engine}`);
    return [];
  }
  try {
    return [await runTests({ ENGINE: engine.folder }, IN_CONTAINERS)];
  } finally {
    await engine.stop();
  }
}

/** The tests of a simulator in this process, and of calls in a browser. They must pass with both stores. */
const ON_BOTH_STORES = ['test/service/', 'test/control/', 'test/library/', 'test/browser/call.test'];

/** What a fail-over matters to most: tokens and open calls. The store's own tests run on Sentinels too. */
const ON_SENTINEL = ['test/service/token', 'test/service/call'];

async function runOnStore(
  name: string,
  start: () => Promise<{ readonly url: string; stop(): Promise<void> }>,
  filters: readonly string[],
): Promise<Results[]> {
  const why = explainMissingTool('redis');
  if (why !== undefined) {
    console.log(`\nnot run once more on ${name}: ${why}`);
    return [];
  }
  const server = await start();
  try {
    return [await runTests({ TEST_STORE: server.url }, ...filters)];
  } finally {
    await server.stop();
  }
}

const formatFailure = (name: string, message = 'no message') =>
  `failed: ${name}: ${message.split('\n', 1)[0]}`;

/** One line for each failed test, and for each file that failed outside its tests. */
function listFailures({ name, message, status, assertionResults }: TestFile): string[] {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (status === 'failed' && failed.length === 0)
    return [formatFailure(path.relative('', name), message || 'a hook failed')];
  return failed.map(({ fullName, failureMessages }) => formatFailure(fullName, failureMessages[0]));
}

async function runAllTests(containers: Promise<Engine | string>): Promise<boolean> {
  const inContainers = runInContainers(containers);
  const all = [
    await runTests({}),
    ...(await runOnStore('a Redis', startRedis, ON_BOTH_STORES)),
    ...(await runOnStore('Sentinels', startSentinelGroup, ON_SENTINEL)),
    ...(await inContainers),
  ];
  const files = all.flatMap(({ testResults }) => testResults);
  const skipped = files
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed');
  for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
  for (const failure of files.flatMap(listFailures)) console.log(failure);
  const sum = (count: (results: Results) => number) => all.reduce((total, one) => total + count(one), 0);
  console.log(
    `${sum((one) => one.numPassedTests)} passed, ${sum((one) => one.numFailedTests)} failed, ${skipped.length} skipped`,
  );
  // biome-ignore lint/style/noProcessEnv: every CI sets it by convention
  return all.every(({ success }) => success) && (skipped.length === 0 || !process.env.CI);
}

/** Lint, types, build and dead code. */
const checkSource = async (): Promise<boolean> =>
  (await run('npx', 'biome', 'check')) &&
  (await run('npm', 'run', '--silent', 'build')) &&
  (await run('npx', 'knip'));

// `npm run check` installs nothing.
const brings = !process.argv.includes('--bring-nothing');
if (brings) await installTools();
const containers = brings ? startContainers() : Promise.resolve('npm run check installs no engine');
const [isClean] = await Promise.all([checkSource(), ...(brings ? [installPackages()] : [])]);
process.exitCode = isClean && (await runAllTests(containers)) ? 0 : 1;
