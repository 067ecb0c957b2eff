import { BadUsage } from '../options/bad-usage.ts';
import type { OptionsFor } from '../options/table.ts';
import { toReachableHost } from '../server/address.ts';

/** What the process says by its exit code. */
export const EXIT = { good: 0, checkFailed: 1, badUsage: 2, cannotRun: 3 } as const;

/** How a command was called. */
export interface Invocation {
  /** What follows the command's name, up to `--`. */
  readonly args: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** One thing that the program can be told to do; answers its exit code. */
export type Command = (invocation: Invocation) => Promise<number>;

export const print = (line: string): boolean => process.stdout.write(`${line}\n`);
export const printError = (line: string): boolean => process.stderr.write(`${line}\n`);

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `listener` with each signal by which somebody wants the process to end. */
export function onStopSignal(listener: (signal: NodeJS.Signals) => void): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => listener(signal));
}

/**
 * Where a simulator is that runs with the same options.
 *
 * @throws {BadUsage} they do not tell
 */
export function resolveServerUrl({ host, port }: Pick<OptionsFor<'report'>, 'host' | 'port'>): string {
  if (port === 0)
    throw new BadUsage(['--port: 0 stands for any free port; give the one that is to be asked']);
  return `http://${toReachableHost(host)}:${port}`;
}
