import type { CommandHelp } from '../options/help.ts';
import type { CommandName } from '../options/row.ts';
import type { Command } from './command.ts';

interface CommandRow extends CommandHelp {
  readonly run: Command;
  readonly takesRest?: true;
}

const BAD_USAGE =
  'invalid flags, environment, config file, scenario file or answer profile; every problem is printed';
const CANNOT_RUN = 'cannot listen, cannot reach the store, crashed, or a library is missing';

/** Every command by its name, with its help. Each is loaded when it runs: a start needs none of the others. */
export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = {
  start: {
    run: async (invocation) => (await import('./start.ts')).start(invocation),
    summary: 'serve until stopped (the default command)',
    usage: '[start] [FLAGS]',
    about: 'Starts a simulator and serves until it is stopped.',
    exitCodes: { 0: 'stopped by a signal', 2: BAD_USAGE, 3: CANNOT_RUN },
  },
  init: {
    run: async (invocation) => (await import('./init.ts')).init(invocation),
    takesRest: true,
    summary: 'write a config file and a scenario to start from',
    about:
      'Writes a config file and a scenario into DIR or the working directory. It never overwrites a file.',
    exitCodes: { 0: 'the files were written', 2: 'invalid flags, or a file already exists' },
  },
  exec: {
    run: async (invocation) => (await import('./exec.ts')).exec(invocation),
    takesRest: true,
    summary: 'run a command with a simulator: exec -- npm test',
    usage: 'exec [FLAGS] -- COMMAND',
    about:
      'Starts a simulator on a free port, runs COMMAND, and stops the simulator. COMMAND gets it in its environment: ' +
      'VIDEOCALL_URL, VIDEOCALL_BROWSER_URL, VIDEOCALL_ADMIN_URL, CLIENT_ID and CLIENT_SECRET.',
    exitCodes: {
      0: 'COMMAND succeeded; otherwise its own exit code, or 128 plus the number of the signal that ended it',
      1: 'COMMAND succeeded, but --strict, --expect-calls or --min-coverage is not met',
      2: BAD_USAGE,
      3: CANNOT_RUN,
    },
  },
  validate: {
    run: async (invocation) => (await import('./validate.ts')).validate(invocation),
    takesRest: true,
    summary: 'check scenario files and answer profiles; prints each problem with its line and column',
    about:
      'Checks scenario files and answer profiles. FILE is one of these, or a folder with scenario files.',
    exitCodes: {
      0: 'all files are valid',
      2: 'invalid flags, or a problem in a file; every problem is printed',
    },
  },
  verify: {
    run: async (invocation) => (await import('./verify.ts')).verify(invocation),
    summary: 'verify contracts (Pact) against the simulator',
    about:
      'Verifies contracts (Pact, versions 1 to 4) against the simulator: requests, responses, and the events that ' +
      'the frame posts. PACT is a file, a folder with .json files, or an http(s) URL. It needs ' +
      '@pact-foundation/pact-core 19, and no network access.',
    exitCodes: {
      0: 'every contract passed',
      1: 'a contract failed, or one that a broker selected cannot be verified',
      2: 'invalid flags or pacts, unknown provider states, a contract that could not fail, or nothing to verify',
      3: 'the verifier is missing, crashed or was stopped; a broker, a URL or the target cannot be reached; or a result cannot be published',
    },
  },
  report: {
    run: async (invocation) => (await import('./report/command.ts')).report(invocation),
    summary: 'write an HTML and a JUnit report of a running simulator',
    about:
      'Reads what happened in a running simulator, and writes it into a folder: report.html for ' +
      'people, junit.xml for CI. It changes nothing in the simulator.',
    exitCodes: {
      0: 'the report was written',
      1: 'the report was written, but --strict or --min-coverage is not met',
      2: 'invalid flags, wrong credentials, or the folder is not writable',
      3: 'the simulator cannot be reached',
    },
  },
  compare: {
    run: async (invocation) => (await import('./compare/command.ts')).compare(invocation),
    summary: 'ask the real service, and show where the simulator answers differently',
    about:
      'Asks the real service at --target and a simulator the same harmless questions, one at a time, at most 40 ' +
      'requests in all, and shows where their answers differ. It uses only tokens of its own, and revokes them.',
    exitCodes: {
      0: 'every answer is the same, or --dry-run',
      1: 'answers differ',
      2: 'invalid flags or profile, wrong credentials, or a file is not writable',
      3: 'the service cannot be reached, is another one, or did not answer to the end',
    },
  },
  healthcheck: {
    run: async (invocation) => (await import('./healthcheck.ts')).healthcheck(invocation),
    summary: 'check whether the simulator with the same options is healthy',
    about: 'Checks whether the simulator that runs with the same options is healthy.',
    exitCodes: { 0: 'healthy', 1: 'unhealthy, or no answer', 2: BAD_USAGE },
  },
};
