import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { afterEach } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
/** The published command; it needs a build. */
const COMMAND = [process.execPath, path.join(ROOT, 'dist/mock-veridas.cjs')];
/** The command as run in a clone. */
export const NPM_START = ['npm', 'start', '--'];

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  /** Resolves with the URL in the ready line. */
  readonly ready: Promise<string>;
}

/** Runs the command with `args`, and kills it after the test if it is still running. */
type RunCommand = (
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  command?: readonly string[],
) => Running;

/** Returns a function that runs the command in the folder `cwd`. */
export function useTerminal(cwd: () => string): RunCommand {
  const running: Running[] = [];
  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
  });

  return (args, env = {}, command = COMMAND) => {
    const [program = '', ...first] = command;
    const child = spawn(program, [...first, ...args], {
      cwd: command === NPM_START ? ROOT : cwd(),
      // biome-ignore lint/style/noProcessEnv: the child needs PATH
      env: { PATH: process.env.PATH ?? '', HOME: cwd(), ...env },
    });
    let out = '';
    let err = '';
    const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
    const ready = new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (data) => {
        out += data;
        const url = /^mock-veridas listening on (\S+)$/m.exec(out)?.[1];
        if (url !== undefined) resolve(url);
      });
      child.stderr.on('data', (data) => {
        err += data;
      });
      void exited.then((code) => reject(new Error(`exited with ${code} before it was ready: ${err}`)));
    });
    ready.catch(() => {});
    const process_ = { child, exited, ready, output: () => out, errors: () => err };
    running.push(process_);
    return process_;
  };
}
