#!/usr/bin/env node
import { reachableHost } from './address.ts';
import { BadUsage, helpText, readSettings, type Settings } from './config/settings.ts';
import { startMock } from './index.ts';
import { VERSION } from './version.ts';

/** What the process says by its exit code. */
const EXIT = { good: 0, checkFailed: 1, badUsage: 2, cannotRun: 3 } as const;

const print = (line: string) => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`${line}\n`);

const stopSignal = () =>
  new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve());
    }
  });

/** Runs the simulator until it is told to stop. */
async function start(settings: Settings): Promise<number> {
  const stopped = stopSignal();
  const mock = await startMock({ ...settings, onWarning: complain });
  print(`mock-veridas listening on ${mock.url}`);
  print(`  browsers  ${mock.browserUrl}/call?access_token=ACCESS_TOKEN&validation_id=VALIDATION_ID`);
  print(`  backends  ${mock.url}/o/token/`);
  print(`  control   ${mock.adminUrl}`);
  print(`  clients   ${settings.clients.map(({ clientId }) => clientId).join(', ')}`);
  print(`  scenario  ${settings.scenario}`);
  if (mock.adminCredentials !== undefined && settings.admin.password === undefined) {
    const { user, password } = mock.adminCredentials;
    print(`  the control API can be reached from other machines and asks for ${user}:${password}`);
  }
  await stopped;
  await mock.close();
  return EXIT.good;
}

const PATIENCE_MS = 3_000;

/** Asks a simulator that runs with the same settings whether it is well. */
async function healthcheck({ host, port }: Settings): Promise<number> {
  if (port === 0)
    throw new BadUsage(['--port: 0 stands for any free port; give the one that is to be asked']);
  const url = `http://${reachableHost(host)}:${port}/__admin/health`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { status, version } = (await answer.json()) as { status?: string; version?: string };
    if (answer.ok && status === 'ok') {
      print(`ok: mock-veridas ${version} at ${url}`);
      return EXIT.good;
    }
    complain(`unhealthy: ${url} answered ${answer.status}`);
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    complain(`unhealthy: no answer from ${url}: ${cause?.message || (error as Error).message}`);
  }
  return EXIT.checkFailed;
}

const COMMANDS: Record<string, ((settings: Settings) => Promise<number>) | undefined> = {
  start,
  healthcheck,
};

async function run(argv: readonly string[]): Promise<number> {
  const named = argv[0] !== undefined && !argv[0].startsWith('-');
  const [name = 'start', ...flags] = named ? argv : ['start', ...argv];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new BadUsage([`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')}`]);
  }
  if (flags.includes('--help') || flags.includes('-h')) {
    print(helpText());
    return EXIT.good;
  }
  if (flags.includes('--version') || flags.includes('-v')) {
    print(VERSION);
    return EXIT.good;
  }
  // biome-ignore lint/style/noProcessEnv: the one place where the environment is read
  return command(readSettings({ argv: flags, env: process.env, cwd: process.cwd() }));
}

function exitCodeOf(error: unknown): number {
  const { message } = error as Error;
  for (const line of message.split('\n')) complain(`mock-veridas: ${line}`);
  return error instanceof BadUsage ? EXIT.badUsage : EXIT.cannotRun;
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => {
    complain(`mock-veridas: ${(error as Error)?.stack ?? error}`);
    process.exit(EXIT.cannotRun);
  });
}
// Whoever read our output may have gone; that is no reason to fail.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await run(process.argv.slice(2)).catch(exitCodeOf);
