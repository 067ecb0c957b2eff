import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../system/package.ts';
import type { Answer, Task } from './child.ts';
import { install, LIBRARIES } from './library.ts';

/** The verifier has failed as a program. */
export class VerifierFailed extends Error {}

/** Everything else in the environment could change what is verified: filters, brokers, proxies, telemetry. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TMP', 'TEMP', 'SystemRoot', 'LD_LIBRARY_PATH'];
const LOOPBACK = '127.0.0.1,localhost,::1';
const QUIET = { PACT_DO_NOT_TRACK: 'true', LOG_LEVEL: 'error', NO_PROXY: LOOPBACK, no_proxy: LOOPBACK };

const environment = (env: Readonly<Record<string, string | undefined>>) => ({
  ...Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  ...QUIET,
});

export interface RunOptions extends Task {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** So long may it do nothing, in milliseconds. */
  readonly patience: number;
  /** Calls its argument whenever the verifier has been seen at work. */
  readonly onActivity: (seen: () => void) => void;
}

const MOST_NOISE = 4_000;

/**
 * Verifies in a process of its own, and gives the verifier's JSON.
 *
 * @throws {VerifierFailed}
 */
export function runVerifier(run: RunOptions): Promise<string> {
  const { library, options, env, signal, patience, onActivity } = run;
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('dist/contracts/child.js', ROOT)), [], {
      env: environment(env),
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let answer: Answer | undefined;
    let why = '';
    let noise = '';
    const end = (reason: string) => {
      why ||= reason;
      child.kill('SIGKILL');
    };
    const tooLong = setTimeout(
      () => end(`has done nothing for ${patience / 1000} s; see --timeout`),
      patience,
    );
    onActivity(() => tooLong.refresh());
    const stop = () => end('was stopped');
    signal.addEventListener('abort', stop);
    // A pipe that nobody reads would stop it for ever.
    child.stdout?.resume();
    child.stderr?.on('data', (data) => {
      noise = `${noise}${data}`.slice(-MOST_NOISE);
    });
    child.on('message', (message: Answer) => {
      answer = message;
      tooLong.refresh();
    });
    child.on('error', (error) =>
      reject(new VerifierFailed(`the verifier cannot be started: ${error.message}`)),
    );
    child.on('close', (code, by) => {
      clearTimeout(tooLong);
      signal.removeEventListener('abort', stop);
      if (answer !== undefined && 'json' in answer) return resolve(answer.json);
      reject(new VerifierFailed(failure(answer, why || `has ended by ${by ?? `exit code ${code}`}`, noise)));
    });
    child.send({ library, options } satisfies Task, () => {});
    if (signal.aborted) stop();
  });
}

function failure(answer: Answer | undefined, why: string, noise: string): string {
  if (answer === undefined || 'json' in answer) {
    const last = noise.trim().split('\n').at(-1);
    return `the verifier ${why}${last ? `: ${last}` : ''}`;
  }
  return 'missing' in answer
    ? `verify needs ${LIBRARIES.verifier.name} for this platform, which cannot be loaded (${answer.missing.split('\n', 1)[0]}): ${install('verifier')}`
    : `the verifier could not begin: ${answer.fatal.slice(0, 500)}`;
}
