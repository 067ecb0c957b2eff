/**
 * `npm test`: brings what this machine lacks, then lint, types, dead code and every test, those of `ON_BOTH_STORES`
 * once more on a Redis. The last line counts the tests of both runs:
 * `N passed, N failed, N skipped`. A skipped test fails the run where `CI` is set.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNodeInstallArgs } from './support/nodes.ts';
import { createPackageManagerInstallArgs } from './support/package-managers.ts';
import { startRedis } from './support/redis.ts';
import { createTestcontainersInstallArgs } from './support/testcontainers.ts';
import { explainMissingTool, findTool, TOOLS, type Tool } from './support/tools.ts';
import { createVitest5InstallArgs } from './support/vitest-5.ts';

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

const shown = (env: Record<string, string>) => Object.entries(env).map((pair) => `${pair.join('=')} `);

const runWith = (env: Record<string, string>, command: string, ...args: string[]): boolean => {
  console.log(`\n> ${shown(env).join('')}${command} ${args.join(' ')}`);
  // biome-ignore lint/style/noProcessEnv: a child needs what any child needs
  return spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
};
const run = (command: string, ...args: string[]): boolean => runWith({}, command, ...args);

/** Without a registry, the tests that need these say that they are skipped. */
function bringPackages(): void {
  const installs = [
    createNodeInstallArgs(),
    createPackageManagerInstallArgs(),
    createTestcontainersInstallArgs(),
    createVitest5InstallArgs(),
  ];
  for (const args of installs) if (args.length > 0) run('npm', ...args);
}

function bringTools(): void {
  const lacking = (Object.keys(TOOLS) as Tool[]).filter((tool) => findTool(tool) === undefined);
  if (lacking.length === 0 || process.getuid?.() !== 0) return;
  if (spawnSync('apt-get', ['--version']).status !== 0) return;
  run('apt-get', 'update', '-qq');
  run(
    'apt-get',
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...new Set(lacking.map((tool) => TOOLS[tool].debian)),
  );
}

/** Runs the test files whose paths contain one of `filters`, or all files. */
function runTests(env: Record<string, string>, ...filters: string[]): Results {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-test-'));
  try {
    const file = path.join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    runWith(env, 'npx', 'vitest', 'run', '--dir', 'test', ...reporters, ...filters);
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What drives a simulator in this process, and the call page in browsers: it holds whichever store there is. */
const ON_BOTH_STORES = ['test/service/', 'test/control/', 'test/library/', 'test/browser/call'];

async function runOnRedis(): Promise<Results[]> {
  const why = explainMissingTool('redis');
  if (why !== undefined) {
    console.log(`\nnot run once more on a Redis: ${why}`);
    return [];
  }
  const server = await startRedis();
  try {
    return [runTests({ TEST_STORE: server.url }, ...ON_BOTH_STORES)];
  } finally {
    await server.stop();
  }
}

async function runAllTests(): Promise<boolean> {
  const all = [runTests({}), ...(await runOnRedis())];
  const skipped = all
    .flatMap(({ testResults }) => testResults.flatMap(({ assertionResults }) => assertionResults))
    .filter(({ status }) => status !== 'passed' && status !== 'failed');
  for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
  const sum = (count: (results: Results) => number) => all.reduce((total, one) => total + count(one), 0);
  console.log(
    `${sum((one) => one.numPassedTests)} passed, ${sum((one) => one.numFailedTests)} failed, ${skipped.length} skipped`,
  );
  // biome-ignore lint/style/noProcessEnv: the convention by which every CI makes itself known
  return all.every(({ success }) => success) && (skipped.length === 0 || !process.env.CI);
}

// `npm run check` leaves the machine as it is.
if (!process.argv.includes('--bring-nothing')) {
  bringTools();
  bringPackages();
}
const good =
  run('npx', 'biome', 'check') &&
  run('npm', 'run', '--silent', 'build') &&
  run('npx', 'knip') &&
  (await runAllTests());
process.exitCode = good ? 0 : 1;
