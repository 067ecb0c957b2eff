import type { CommandHelp } from '../options/help.ts';
import type { CommandName } from '../options/row.ts';
import type { Command } from './command.ts';
import { exec } from './exec.ts';
import { healthcheck } from './healthcheck.ts';
import { init } from './init.ts';
import { report } from './report/command.ts';
import { start } from './start.ts';
import { validate } from './validate.ts';
import { verify } from './verify.ts';

interface CommandRow extends CommandHelp {
  readonly run: Command;
  readonly takesRest?: true;
}

const BAD_USAGE = 'bad flags, environment, config file or scenario file; every problem is printed';
const CANNOT_RUN = 'cannot listen or reach the store, crashed, or lacks a library';

/** Every command by its name, with its help. */
export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = {
  start: {
    run: start,
    summary: 'serve until stopped (also without a command)',
    usage: '[start] [FLAGS]',
    about: 'Starts a simulator and serves until it is stopped.',
    exitCodes: { 0: 'stopped by a signal', 2: BAD_USAGE, 3: CANNOT_RUN },
  },
  init: {
    run: init,
    takesRest: true,
    summary: 'write a config file and a scenario of your own to begin with',
    about: 'Writes a config file and a scenario into DIR or the working directory. It overwrites nothing.',
    exitCodes: { 0: 'the files are written', 2: 'bad flags, or a file that is in the way' },
  },
  exec: {
    run: exec,
    takesRest: true,
    summary: 'run a command with a simulator beside it: exec -- npm test',
    usage: 'exec [FLAGS] -- COMMAND',
    about:
      'Runs COMMAND with a simulator beside it, on a free port. COMMAND finds it in its environment: ' +
      'VIDEOCALL_URL, VIDEOCALL_BROWSER_URL, VIDEOCALL_ADMIN_URL, CLIENT_ID and CLIENT_SECRET.',
    exitCodes: {
      0: 'COMMAND has ended well; otherwise its own exit code, or 128 and the signal that has ended it',
      1: 'it has, and with --strict mistakes of the integration were found',
      2: BAD_USAGE,
      3: CANNOT_RUN,
    },
  },
  validate: {
    run: validate,
    takesRest: true,
    summary: 'check scenario files, with every problem at its line and column',
    about: 'Checks scenario files. FILE is a file or a folder with scenario files.',
    exitCodes: { 0: 'all are valid', 2: 'bad flags, or a problem in a file; every problem is printed' },
  },
  verify: {
    run: verify,
    summary: 'hold contracts (Pact) against the simulator',
    about:
      'Holds contracts (Pact, versions 1 to 4) against the simulator: requests, answers, and the events that ' +
      'the frame posts. PACT is a file, a folder with .json files, or an http(s) address. It needs ' +
      '@pact-foundation/pact-core 19, and nothing from the network.',
    exitCodes: {
      0: 'every contract is kept',
      1: 'one is broken, or one that a broker has selected cannot be verified',
      2: 'bad flags or pacts, unknown states, what could not fail, nothing to verify',
      3: 'the verifier is missing, has crashed or was stopped; a broker, an address or the target cannot be reached; or a result cannot be published',
    },
  },
  report: {
    run: report,
    summary: 'write what a running server knows as HTML and JUnit',
    about:
      'Asks a running simulator what has happened in it, and writes that into a folder: report.html for ' +
      'people, junit.xml for CI. It changes nothing in the simulator.',
    exitCodes: {
      0: 'the report is written',
      1: 'it is written and, with --strict, tells of findings',
      2: 'bad flags, wrong credentials, or a folder that cannot be written to',
      3: 'the simulator cannot be reached',
    },
  },
  healthcheck: {
    run: healthcheck,
    summary: 'ask the server that runs with the same options whether it is well',
    about: 'Asks the simulator that runs with the same options whether it is well.',
    exitCodes: { 0: 'it is', 1: 'it is not, or does not answer', 2: BAD_USAGE },
  },
};
