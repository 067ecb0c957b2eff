import type { Command } from './command.ts';
import { exec } from './exec.ts';
import { healthcheck } from './healthcheck.ts';
import { init } from './init.ts';
import { report } from './report/command.ts';
import { reportHelp } from './report-flags.ts';
import { start } from './start.ts';
import { validate } from './validate.ts';
import { verify } from './verify.ts';
import { verifyHelp } from './verify-flags.ts';

interface CommandRow {
  readonly run: Command;
  readonly help: string;
  readonly takesRest?: true;
  /** What `--help` says of a command that has flags of its own. */
  readonly ownHelp?: string;
}

/** Every command by its name, with what `--help` says of it. */
export const COMMANDS: Readonly<Record<string, CommandRow>> = {
  start: { run: start, help: 'serve until stopped (this is done when no command is given)' },
  init: {
    run: init,
    takesRest: true,
    help: 'init [DIR]: write a config file and a scenario of your own to begin with; overwrites nothing',
  },
  exec: {
    run: exec,
    takesRest: true,
    help: 'exec -- CMD: run a command with a simulator beside it, on a free port; exits as the command does',
  },
  validate: {
    run: validate,
    takesRest: true,
    help: 'validate FILE...: check scenario files, with every fault at its line and column',
  },
  verify: {
    run: verify,
    help: 'verify PACT...: hold contracts (Pact) against the simulator; verify --help lists its own flags',
    ownHelp: verifyHelp(),
  },
  report: {
    run: report,
    help: 'write what a running server knows as HTML and JUnit; report --help lists its own flags',
    ownHelp: reportHelp(),
  },
  healthcheck: {
    run: healthcheck,
    help: 'ask the server that runs with the same settings whether it is well',
  },
};
