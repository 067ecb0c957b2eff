import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../system/package.ts';
import { formatInstallCommand, LIBRARIES } from './library.ts';
import type { VerifierAnswer, VerifierTask } from './verifier-process.ts';

/** The verifier process failed. */
export class VerifierFailed extends Error {}

/** Other variables could change what is verified: filters, brokers, proxies, telemetry. */
const INHERITED_VARIABLES = ['PATH', 'HOME', 'TMPDIR', 'TMP', 'TEMP', 'SystemRoot', 'LD_LIBRARY_PATH'];
const LOOPBACK = '127.0.0.1,localhost,::1';
const QUIET_ENVIRONMENT = {
  PACT_DO_NOT_TRACK: 'true',
  LOG_LEVEL: 'error',
  NO_PROXY: LOOPBACK,
  no_proxy: LOOPBACK,
};

const createEnvironment = (env: Readonly<Record<string, string | undefined>>) => ({
  ...Object.fromEntries(
    INHERITED_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  ),
  ...QUIET_ENVIRONMENT,
});

export interface RunOptions extends VerifierTask {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts the verification. */
  readonly signal: AbortSignal;
  /** How long it may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Calls its argument whenever the verifier shows activity. */
  readonly onActivity: (seen: () => void) => void;
}

const MAX_STDERR_LENGTH = 4_000;

/**
 * Runs the verifier in a separate process, and returns its JSON.
 *
 * @throws {VerifierFailed}
 */
export function runVerifier(run: RunOptions): Promise<string> {
  const { library, options, env, signal, idleTimeoutMs, onActivity } = run;
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('dist/contracts/verifier-process.js', ROOT)), [], {
      env: createEnvironment(env),
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let answer: VerifierAnswer | undefined;
    let why = '';
    let stderr = '';
    const end = (reason: string) => {
      why ||= reason;
      child.kill('SIGKILL');
    };
    const idleTimer = setTimeout(
      () => end(`did nothing for ${idleTimeoutMs / 1000} s; raise --timeout`),
      idleTimeoutMs,
    );
    onActivity(() => idleTimer.refresh());
    const stop = () => end('was stopped');
    signal.addEventListener('abort', stop);
    // An unread pipe would fill up and block it.
    child.stdout?.resume();
    child.stderr?.on('data', (data) => {
      stderr = `${stderr}${data}`.slice(-MAX_STDERR_LENGTH);
    });
    child.on('message', (message: VerifierAnswer) => {
      answer = message;
      idleTimer.refresh();
    });
    child.on('error', (error) =>
      reject(new VerifierFailed(`the verifier could not start: ${error.message}`)),
    );
    child.on('close', (code, by) => {
      clearTimeout(idleTimer);
      signal.removeEventListener('abort', stop);
      if (answer !== undefined && 'json' in answer) return resolve(answer.json);
      reject(
        new VerifierFailed(describeFailure(answer, why || `ended with ${by ?? `exit code ${code}`}`, stderr)),
      );
    });
    child.send({ library, options } satisfies VerifierTask, () => {});
    if (signal.aborted) stop();
  });
}

function describeFailure(answer: VerifierAnswer | undefined, why: string, noise: string): string {
  if (answer === undefined || 'json' in answer) {
    const last = noise.trim().split('\n').at(-1);
    return `the verifier ${why}${last ? `: ${last}` : ''}`;
  }
  return 'missing' in answer
    ? `verify needs ${LIBRARIES.verifier.name} for this platform, which cannot be loaded (${answer.missing.split('\n', 1)[0]}): ${formatInstallCommand('verifier')}`
    : `the verifier could not start: ${answer.fatal.slice(0, 500)}`;
}
