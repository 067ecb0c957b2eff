/**
 * `npm test`: brings what this machine lacks, then lint, types, dead code and every test, those that drive a
 * simulator over HTTP once more on a Redis. The last line counts the tests of both runs:
 * `N passed, N failed, N skipped`. A skipped test fails the run where `CI` is set.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bringingNodes } from './nodes.ts';
import { bringingPackageManagers } from './package-managers.ts';
import { startRedis } from './redis.ts';
import { bringingTestcontainers } from './testcontainers.ts';
import { find, missing, TOOLS, type Tool } from './tools.ts';
import { bringingVitest5 } from './vitest-5.ts';

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
  const installs = [bringingNodes(), bringingPackageManagers(), bringingTestcontainers(), bringingVitest5()];
  for (const args of installs) if (args.length > 0) run('npm', ...args);
}

function bringTools(): void {
  const lacking = (Object.keys(TOOLS) as Tool[]).filter((tool) => find(tool) === undefined);
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

/** What came of the tests in `files`; of all, if none is named. */
function runTests(env: Record<string, string>, ...files: string[]): Results {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-test-'));
  try {
    const file = path.join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    runWith(env, 'npx', 'vitest', 'run', '--dir', 'test', ...reporters, ...files);
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** These have a Redis of their own, or are about something else than what is kept. */
const ONCE = [
  'accessibility.test.ts',
  'balancer.test.ts',
  'connection-check.test.ts',
  'console-chromium.test.ts',
  'demo-chromium.test.ts',
  'failures.test.ts',
  'findings-browsers.test.ts',
  'guards.test.ts',
  'hostile.test.ts',
  'https.test.ts',
  'instances.test.ts',
  'media-ports.test.ts',
  'real-clients.test.ts',
  'report-chromium.test.ts',
  'report.test.ts',
  'shutdown.test.ts',
  'slow-clients.test.ts',
  'store-away.test.ts',
  'verify.test.ts',
];

/** The tests that drive a simulator, whichever store it has. */
const driven = (): string[] =>
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.test.ts') && !ONCE.includes(name))
    .filter((name) => readFileSync(path.join(import.meta.dirname, name), 'utf8').includes("'./drive.ts'"));

async function runOnRedis(): Promise<Results[]> {
  const why = missing('redis');
  if (why !== undefined) {
    console.log(`\nnot run once more on a Redis: ${why}`);
    return [];
  }
  const server = await startRedis();
  try {
    return [runTests({ TEST_STORE: server.url }, ...driven())];
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
