import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll } from 'vitest';

export type Environment = Readonly<Record<string, string | number>>;

/** The result of a command. It includes the command, so that a failed assertion names it. */
export interface Outcome {
  readonly command: string;
  readonly code: number;
  readonly output: string;
}

/** A CI machine with a checked-out project. */
export interface Machine {
  /** Runs lines as CI does: in one shell, until one fails. */
  bash(lines: string, env?: Environment): Promise<Outcome>;
  /** Starts a background command instead of a container, and stops it after the test. */
  start(command: readonly string[], env?: Environment): void;
  /** Stops the process whose pid is in a ready file after the test. */
  stopLater(readyFile: string): void;
}

/** Resolves the host names of the containers to this machine. */
const NAMES = `const dns = require('node:dns');
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(['videocall', 'shop'].includes(name) ? '127.0.0.1' : name, ...rest);
`;

/** Installs the command for npx, as npm does with a package. */
function linkCommand(folder: string): void {
  const installed = path.join(folder, 'node_modules/mock-veridas');
  const { bin } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8'));
  const file = path.join(installed, bin['mock-veridas']);
  chmodSync(file, 0o755);
  mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(file, path.join(folder, 'node_modules/.bin/mock-veridas'));
}

/** @param folder a project that has installed the package */
export function useCiMachine(folder: () => string): Machine {
  const names = () => path.join(folder(), 'names.cjs');
  beforeAll(() => {
    linkCommand(folder());
    writeFileSync(names(), NAMES);
  });

  let processes: { readonly child: ChildProcess; readonly exited: Promise<unknown> }[] = [];
  let readyFiles: string[] = [];
  afterEach(async () => {
    for (const { child, exited } of processes) {
      // Kill the process group, because npm leaves its script running.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid);
      await exited;
    }
    const left = readyFiles.map((file) => path.join(folder(), file)).filter(existsSync);
    for (const file of left) process.kill(JSON.parse(readFileSync(file, 'utf8')).pid);
    processes = [];
    readyFiles = [];
  });

  const options = (env: Environment) => ({
    cwd: folder(),
    env: {
      // biome-ignore lint/style/noProcessEnv: the child needs PATH
      PATH: process.env.PATH ?? '',
      HOME: folder(),
      NO_COLOR: '1',
      NODE_OPTIONS: `--require ${names()}`,
      // npm sends no request for its latest version.
      npm_config_update_notifier: 'false',
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    },
  });

  return {
    bash: (lines, env = {}) =>
      new Promise((resolve) => {
        // Merge both outputs in order, as a terminal does.
        execFile('bash', ['-e', '-c', `exec 2>&1\n${lines}`], options(env), (error, output) =>
          resolve({ command: lines, code: error === null ? 0 : Number(error.code ?? 1), output }),
        );
      }),
    start([program = '', ...args], env = {}) {
      const child = spawn(program, args, { ...options(env), stdio: 'ignore', detached: true });
      processes.push({ child, exited: once(child, 'exit') });
    },
    stopLater: (readyFile) => void readyFiles.push(readyFile),
  };
}
