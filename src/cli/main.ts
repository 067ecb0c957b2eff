import { BadUsage } from '../options/bad-usage.ts';
import { hasSwitch } from '../options/flags.ts';
import { commandHelp, overview } from '../options/help.ts';
import { COMMAND_NAMES, type CommandName } from '../options/row.ts';
import { VERSION } from '../system/package.ts';
import { EXIT, print, printError } from './command.ts';
import { parseCommandLine } from './command-line.ts';
import { COMMANDS } from './commands.ts';
import { excludeFromProxy } from './no-proxy.ts';
import { endWith } from './stop-signals.ts';
import { onUncaught } from './uncaught.ts';

const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);

async function runCommand(argv: readonly string[]): Promise<number> {
  const { name, args, rest } = parseCommandLine(argv);
  if (!isCommand(name))
    throw new BadUsage([`there is no command "${name}"; use ${COMMAND_NAMES.join(', ')}`]);
  const command = COMMANDS[name];
  if (hasSwitch('help', args)) {
    print(argv[0] === name ? commandHelp(name, command) : overview(COMMANDS));
    return EXIT.good;
  }
  if (hasSwitch('version', args)) {
    print(VERSION);
    return EXIT.good;
  }
  if (rest.length > 0 && !command.takesRest) {
    throw new BadUsage([`${name} takes no arguments after --`]);
  }
  // The one place where the environment is read.
  const { env } = process;
  // Node's own `fetch` may use a proxy too, and reads these for each request.
  Object.assign(env, excludeFromProxy(env));
  return command.run({ args, rest, env, cwd: process.cwd() });
}

function reportError(error: unknown): number {
  const { message } = error as Error;
  for (const line of message.split('\n')) printError(`mock-veridas: ${line}`);
  return error instanceof BadUsage ? EXIT.badUsage : EXIT.cannotRun;
}

onUncaught((error) => {
  printError(`mock-veridas: ${(error as Error)?.stack ?? error}`);
  process.exit(EXIT.cannotRun);
});
// The reader of our output may have closed the pipe; that is not a failure.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

void runCommand(process.argv.slice(2)).catch(reportError).then(endWith);
