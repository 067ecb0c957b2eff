import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { constants } from 'node:os';
import { controlAddress } from '../control/client.ts';
import { prepareFolder } from '../control/report/folder.ts';
import { describeCoverage } from '../control/schema/coverage.ts';
import { DEMO_CLIENT } from '../domain/client.ts';
import { describeFinding } from '../library/journal.ts';
import type { StartedMock } from '../library/launch-mock.ts';
import { BadUsage } from '../options/bad-usage.ts';
import type { Environment } from '../options/environment.ts';
import { readStartOptions } from '../options/start-options.ts';
import { send, splitCredentials } from '../system/http.ts';
import { describeWriteError } from '../system/write-error.ts';
import { formatPasswordNotice } from './announcement.ts';
import { type AuthorityFiles, addAuthority } from './authority-files.ts';
import { type Command, EXIT, printError } from './command.ts';
import { excludeFromProxy } from './no-proxy.ts';
import { separateStderr } from './own-stderr.ts';
import { READY_CHANNEL } from './ready-channel.ts';
import { createReadyFile } from './ready-file.ts';
import { createReport, hasMinCoverage, writeReport } from './report/command.ts';
import { publishSummary } from './report/publish-summary.ts';
import { serve } from './serve.ts';
import { exitWithin, onStopSignal } from './stop-signals.ts';

const KILLED = 128 + constants.signals.SIGKILL;
const METRICS_TIMEOUT_MS = 10_000;
/** How long findings and report may take after a second signal. */
const REPORT_TIMEOUT_MS = 500;

/** How to write a command that was given as one text, or nothing when it was not. */
function suggestCommand(program: string, args: readonly string[]): string {
  const text = program.trim();
  if (args.length > 0 || !/\s/.test(text)) return '';
  // Only a shell understands these.
  const command = /[&|;<>$`"'*]/.test(text) ? `sh -c '${text.replaceAll("'", "'\\''")}'` : text;
  return `; write the command without quotation marks around all of it: exec -- ${command}`;
}

/** Runs a program, and returns its exit code, or 128 plus the number of the signal that ended it. */
function runChild(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    // Before the command can write anything: a reader may answer its first line with a signal.
    onStopSignal((signal) => {
      signals += 1;
      // The child gets a terminal's Ctrl-C itself, and many programs treat a second signal as an impatient one.
      if (signals > 1) {
        child.kill('SIGKILL');
        exitWithin(REPORT_TIMEOUT_MS, KILLED);
      } else if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
    separateStderr();
    const child = spawn(program, args, { stdio: 'inherit', env });
    child.once('spawn', () => channel(READY_CHANNEL).publish(undefined));
    child.on('error', (error: NodeJS.ErrnoException) => {
      // A command of another user, such as sudo, gets no signal from this one.
      if (child.pid !== undefined)
        return printError(
          `mock-veridas: the signal cannot be passed to ${program}: ${error.message}; waiting for its end`,
        );
      const why = error.code === 'ENOENT' ? 'command not found' : error.message;
      const [, variable] = /^\s*(?:export\s+|\$env:)?([^\s=/\\]+)=/.exec(program) ?? [];
      // Its value may be a secret.
      const problem =
        variable === undefined
          ? `cannot run ${program}: ${why}${suggestCommand(program, args)}`
          : `cannot run ${variable}=…: only a shell sets a variable like this; write: exec -- env ${variable}=… COMMAND`;
      reject(new BadUsage([problem]));
    });
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** Fails early: the command may take an hour, and then its report could not be written. */
function prepareReport(folder: string | undefined): void {
  if (folder === undefined) return;
  try {
    prepareFolder(folder);
  } catch (error) {
    throw new BadUsage([`--report: ${describeWriteError(error)}`]);
  }
}

/** Writes the report and the summary of the job, where they are wanted; returns whether that succeeded. */
async function tryWriteReport(
  mock: StartedMock,
  { folder, env, cwd }: { folder: string | undefined; env: Environment; cwd: string },
): Promise<boolean> {
  if (folder === undefined && !env.GITHUB_STEP_SUMMARY) return true;
  const printLine = (line: string) => printError(`mock-veridas: ${line}`);
  try {
    const made = await createReport(mock.url, mock.adminCredentials ?? { user: '' });
    if (folder !== undefined) writeReport(made, { flag: '--report', folder, cwd, printLine });
    publishSummary(env, made.files['summary.md'], printLine);
    return true;
  } catch (error) {
    printLine((error as Error).message);
    return false;
  }
}

/** Whether as many calls were opened as expected; calls of clients that were removed since count too. */
async function hasExpectedCalls(mock: StartedMock, expected: number | undefined): Promise<boolean> {
  if (expected === undefined) return true;
  const { url, authorization } = splitCredentials(controlAddress(mock.url, mock.adminCredentials));
  const { text } = await send(`${url}/metrics`, {
    method: 'GET',
    headers: authorization === undefined ? {} : { authorization },
    timeoutMs: METRICS_TIMEOUT_MS,
  }).catch(() => ({ text: '' }));
  const opened = Number(/^mock_veridas_calls_total (\d+)$/m.exec(text)?.[1] ?? 0);
  if (opened >= expected) return true;
  printError(
    `mock-veridas: --expect-calls: ${opened} of at least ${expected} calls were opened; look whether the tests ran, ` +
      'and whether your application uses VIDEOCALL_URL and VIDEOCALL_BROWSER_URL',
  );
  return false;
}

/** Runs a command with a simulator, and passes its addresses in the environment. */
export const exec: Command = async ({ args, rest, env, cwd }) => {
  const [program, ...programArgs] = rest;
  if (!program) {
    throw new BadUsage([
      'no command given; write it after --, as in: exec -- npm test (npm exec takes the first -- for itself: use npx)',
    ]);
  }
  // Several may run side by side, so a port is used only when it was given to us; PORT belongs to the command.
  const { PORT: _port, ...others } = env;
  const surroundings = { argv: args, env: others, cwd };
  const {
    readyFile: file,
    strict,
    report,
    expectCalls,
    minCoverage,
    ...options
  } = await readStartOptions('exec', surroundings);
  prepareReport(report);
  const readyFile = createReadyFile(file);
  const mock = await serve(options, cwd);
  let authority: AuthorityFiles | undefined;
  try {
    if (options.https === true && mock.https?.ca === undefined)
      throw new BadUsage([
        '--https: the command needs a file of the authority; set HOME to a writable folder',
      ]);
    if (mock.https?.ca !== undefined) authority = addAuthority(mock.https.ca, env, cwd);
    readyFile.write(mock);
    for (const line of formatPasswordNotice(mock, options)) printError(line);
    for (const warning of authority?.warnings ?? []) printError(`mock-veridas: ${warning}`);
    // A nested `exec` in the command must not overwrite these files.
    const { MOCK_VERIDAS_READY_FILE: _ready, MOCK_VERIDAS_REPORT: _report, ...inherited } = env;
    const code = await runChild(program, programArgs, {
      ...inherited,
      ...excludeFromProxy(env, mock.url),
      VIDEOCALL_URL: (mock.https ?? mock).url,
      VIDEOCALL_BROWSER_URL: (mock.https ?? mock).browserUrl,
      ...authority?.env,
      VIDEOCALL_ADMIN_URL: mock.adminUrl,
      ...(mock.adminCredentials !== undefined && {
        MOCK_VERIDAS_ADMIN_USER: mock.adminCredentials.user,
        MOCK_VERIDAS_ADMIN_PASSWORD: mock.adminCredentials.password,
      }),
      CLIENT_ID: mock.clientId,
      CLIENT_SECRET: mock.clientSecret,
    });
    // Failures from here on must not change the command's exit code.
    const all = await mock.findings().catch((error: Error) => {
      printError(`mock-veridas: cannot read the findings: ${error.message}`);
    });
    const findings = all?.filter(({ clientId }) => clientId !== DEMO_CLIENT);
    for (const finding of findings ?? []) printError(`mock-veridas: ${describeFinding(finding)}`);
    const coverage = await mock.coverage().catch((error: Error) => {
      printError(`mock-veridas: cannot read the coverage: ${error.message}`);
    });
    if (coverage !== undefined) {
      const line = describeCoverage(coverage);
      // Programs that read a JSON log expect nothing else there.
      if (options.logFormat === 'json') mock.log.info(line);
      else printError(`mock-veridas: ${line}`);
    }
    const isReported = await tryWriteReport(mock, { folder: report, env, cwd });
    const isExpected = await hasExpectedCalls(mock, expectCalls);
    const isPlayed = coverage === undefined || hasMinCoverage(coverage, minCoverage);
    if (code !== EXIT.good) return code;
    if (!isReported || findings === undefined || coverage === undefined) return EXIT.cannotRun;
    return !isExpected || !isPlayed || (strict && findings.length > 0) ? EXIT.checkFailed : EXIT.good;
  } finally {
    try {
      readyFile.remove();
      authority?.remove();
    } finally {
      await mock.close();
    }
  }
};
