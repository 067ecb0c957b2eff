/**
 * `npm test`: installs missing tools, then runs lint, types, dead code and every test. Beside the main run, the tests of
 * `ON_BOTH_STORES` run on a Redis, those of `ON_SENTINELS` on Sentinels, and those of `ON_CLUSTER` on a cluster. The image is
 * built and tested in a container engine. What these runs print follows at the end. The last line counts the tests of all
 * runs: `N passed, N failed, N skipped`. The lines before it name the skipped and the failed ones. With `CI` set, a skipped
 * test fails the run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Engine, explainMissingEngine, startEngine } from './containers/engine.ts';
import { createValidatorInstallArgs } from './support/api-validators.ts';
import { startRedisCluster } from './support/cluster.ts';
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
  success: boolean;
  testResults: TestFile[];
}

const formatEnv = (env: Record<string, string>) => Object.entries(env).map((pair) => `${pair.join('=')} `);

const describeCommand = (env: Record<string, string>, command: string, args: readonly string[]): string =>
  `\n> ${formatEnv(env).join('')}${command} ${args.join(' ')}`;

async function run(command: string, ...args: string[]): Promise<boolean> {
  console.log(describeCommand({}, command, args));
  const [code] = await once(spawn(command, args, { stdio: 'inherit' }), 'exit');
  return code === 0;
}

/** Runs a command beside others, and returns what it has printed. */
async function runBeside(env: Record<string, string>, command: string, ...args: string[]): Promise<string> {
  // biome-ignore lint/style/noProcessEnv: the child inherits the environment
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const printed = await Promise.all([text(child.stdout), text(child.stderr)]);
  return [describeCommand(env, command, args), ...printed].join('\n');
}

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

/** Runs tests by `runVitest`, which is given the arguments of Vitest, and returns their results. */
async function runTests(runVitest: (...args: string[]) => Promise<unknown>): Promise<Results> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-test-'));
  try {
    const file = path.join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    await runVitest('vitest', 'run', '--dir', 'test', ...reporters);
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Tests that ran beside the main run, and what they printed. */
interface BesideRun {
  readonly results: readonly Results[];
  readonly printed: string;
}

async function runTestsBeside(
  env: Record<string, string>,
  filters: readonly string[],
  workers = 1,
): Promise<BesideRun> {
  let printed = '';
  const results = await runTests(async (...args) => {
    printed = await runBeside(env, 'npx', ...args, `--maxWorkers=${workers}`, ...filters);
  });
  return { results: [results], printed };
}

/** The tests that need a container engine. */
const IN_CONTAINERS = 'test/containers/';

/** An engine, why this machine can have none, or why it did not start. */
type StartedEngine = Engine | string | Error;

const startContainers = (): Promise<StartedEngine> =>
  explainMissingEngine()
    .then<StartedEngine>((why) => why ?? startEngine())
    .catch((error: Error) => error);

async function runInContainers(starting: Promise<StartedEngine>): Promise<BesideRun> {
  const engine = await starting;
  if (typeof engine === 'string') return { results: [], printed: `\nnot run in containers: ${engine}` };
  if (engine instanceof Error) {
    const file: TestFile = {
      name: IN_CONTAINERS,
      status: 'failed',
      message: engine.message,
      assertionResults: [],
    };
    const failed = { success: false, numPassedTests: 0, numFailedTests: 1, testResults: [file] };
    return { results: [failed], printed: `\nthe container engine did not start: ${engine.message}` };
  }
  try {
    return await runTestsBeside({ ENGINE: engine.folder }, [IN_CONTAINERS]);
  } finally {
    await engine.stop();
  }
}

/** Tests of fail-overs: nodes that are silent for a moment count as dead, and on a busy machine all are. */
const ALONE = [
  'test/instances/cluster',
  'test/instances/haproxy',
  'test/instances/redis-tls',
  'test/instances/sentinel.test',
];
/** These files mostly wait. */
const ALONE_AT_ONCE = 3;

/** What the main run leaves out. Patterns are matched within the folder of tests. */
const EXCLUDED = ['containers/**', ...ALONE.map((start) => `${start.replace('test/', '')}*`)];

/** The tests of a simulator in this process, and of calls in a browser. They must pass with both stores. */
const ON_BOTH_STORES = ['test/service/', 'test/control/', 'test/library/', 'test/browser/call.test'];

/** What a fail-over matters to most: tokens and open calls. The store's own tests run on Sentinels and on a cluster too. */
const ON_SENTINELS = ['test/service/token', 'test/service/call'];

/** What concerns all clients, and so all masters. */
const ON_CLUSTER = [
  'test/service/token',
  'test/control/control',
  'test/control/paging',
  'test/control/wait',
  'test/library/library.',
];

/** These tests expect no fail-over: a server of a busy machine may be silent for longer than in use. */
const SILENCE_MS = 60_000;

/** Runs the test files whose paths contain one of `filters` on a store that is started for them. */
async function runOnStore(
  name: string,
  start: () => Promise<{ readonly url: string; stop(): Promise<void> }>,
  filters: readonly string[],
): Promise<BesideRun> {
  const why = explainMissingTool('redis');
  if (why !== undefined) return { results: [], printed: `\nnot run once more on ${name}: ${why}` };
  const server = await start();
  try {
    return await runTestsBeside({ TEST_STORE: server.url }, filters);
  } finally {
    await server.stop();
  }
}

async function runOnStores(): Promise<BesideRun[]> {
  return [
    await runOnStore('a Redis', startRedis, ON_BOTH_STORES),
    await runOnStore('Sentinels', () => startSentinelGroup({ silenceMs: SILENCE_MS }), ON_SENTINELS),
    await runOnStore('a cluster', () => startRedisCluster({ silenceMs: SILENCE_MS }), ON_CLUSTER),
  ];
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

async function runAllTests(containers: Promise<StartedEngine>): Promise<boolean> {
  const [results, onStores, inContainers] = await Promise.all([
    runTests((...args) => run('npx', ...args, ...EXCLUDED.flatMap((pattern) => ['--exclude', pattern]))),
    runOnStores(),
    runInContainers(containers),
  ]);
  const alone = await runTestsBeside({}, ALONE, ALONE_AT_ONCE);
  const beside = [...onStores, inContainers, alone];
  for (const { printed } of beside) console.log(printed);
  const all = [results, ...beside.flatMap((one) => one.results)];
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
