import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { StartedMock } from '../library/index.ts';
import { describeFinding } from '../library/journal.ts';
import { BadUsage } from '../options/bad-usage.ts';
import { readStartOptions } from '../options/start-options.ts';
import { formatPasswordNotice } from './announcement.ts';
import { type Command, EXIT, onStopSignal, printError } from './command.ts';
import { createReadyFile } from './ready-file.ts';
import { createReport, writeReport } from './report/command.ts';
import { prepareFolder } from './report/folder.ts';
import { serve } from './serve.ts';

/** Runs a program, and answers its exit code, or 128 and the signal's number when one has ended it. */
function runChild(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    let signals = 0;
    onStopSignal((signal) => {
      signals += 1;
      // A terminal's Ctrl-C has reached the child already, and many take a second one for impatience.
      if (signals > 1) child.kill('SIGKILL');
      else if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no such command' : error.message;
      reject(new BadUsage([`cannot run ${program}: ${why}`]));
    });
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** A report that is asked for and cannot be had is worth no run of a command that may take an hour. */
function prepareReport(folder: string | undefined): void {
  if (folder === undefined) return;
  try {
    prepareFolder(folder);
  } catch (error) {
    throw new BadUsage([`--report: ${(error as Error).message}`]);
  }
}

/** Writes the report that is asked for; answers whether that has gone well. */
async function writeReportOf(mock: StartedMock, folder: string | undefined, cwd: string): Promise<boolean> {
  if (folder === undefined) return true;
  const printLine = (line: string) => printError(`mock-veridas: ${line}`);
  try {
    const made = await createReport(mock.url, mock.adminCredentials ?? { user: '' });
    writeReport(made, { flag: '--report', folder, cwd, printLine });
    return true;
  } catch (error) {
    printLine((error as Error).message);
    return false;
  }
}

/** Runs a command with a simulator beside it, whose addresses the command finds in its environment. */
export const exec: Command = async ({ args, rest, env, cwd }) => {
  const [program, ...programArgs] = rest;
  if (program === undefined) {
    throw new BadUsage(['what is to be run? write it behind --, as in: exec -- npm test']);
  }
  // Many may run beside each other, so that a port is only taken when one was asked for; PORT is the command's.
  const { PORT: _port, ...others } = env;
  const surroundings = { argv: args, env: others, cwd };
  const { readyFile: file, strict, report, ...options } = readStartOptions('exec', surroundings);
  prepareReport(report);
  const readyFile = createReadyFile(file);
  const mock = await serve(options, cwd);
  try {
    readyFile.write(mock);
    for (const line of formatPasswordNotice(mock, options)) printError(line);
    // What is written by this process is not to be written by another one within the command as well.
    const { MOCK_VERIDAS_READY_FILE: _ready, MOCK_VERIDAS_REPORT: _report, ...inherited } = env;
    const code = await runChild(program, programArgs, {
      ...inherited,
      VIDEOCALL_URL: (mock.https ?? mock).url,
      VIDEOCALL_BROWSER_URL: (mock.https ?? mock).browserUrl,
      ...(mock.https?.ca !== undefined && { NODE_EXTRA_CA_CERTS: mock.https.ca }),
      VIDEOCALL_ADMIN_URL: mock.adminUrl,
      ...(mock.adminCredentials !== undefined && {
        MOCK_VERIDAS_ADMIN_USER: mock.adminCredentials.user,
        MOCK_VERIDAS_ADMIN_PASSWORD: mock.adminCredentials.password,
      }),
      CLIENT_ID: mock.clientId,
      CLIENT_SECRET: mock.clientSecret,
    });
    // What goes wrong from here on must not hide what has come of the command.
    const findings = await mock.findings().catch((error: Error) => {
      printError(`mock-veridas: the findings cannot be told: ${error.message}`);
    });
    for (const finding of findings ?? []) printError(`mock-veridas: ${describeFinding(finding)}`);
    const isReported = await writeReportOf(mock, report, cwd);
    if (code !== EXIT.good) return code;
    if (!isReported || findings === undefined) return EXIT.cannotRun;
    return strict && findings.length > 0 ? EXIT.checkFailed : EXIT.good;
  } finally {
    readyFile.remove();
    await mock.close();
  }
};
