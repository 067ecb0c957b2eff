import { BadUsage } from '../options/bad-usage.ts';
import type { OptionsFor } from '../options/table.ts';
import { toReachableHost } from '../server/address.ts';

/** The exit codes. */
export const EXIT = { good: 0, checkFailed: 1, badUsage: 2, cannotRun: 3 } as const;

/** How a command was called. */
export interface Invocation {
  /** The arguments after the command's name, up to `--`. */
  readonly args: readonly string[];
  /** The arguments after `--`. */
  readonly rest: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** A command; returns its exit code. */
export type Command = (invocation: Invocation) => Promise<number>;

export const print = (line: string): boolean => process.stdout.write(`${line}\n`);
export const printError = (line: string): boolean => process.stderr.write(`${line}\n`);

/**
 * The address of a simulator that runs with the same options.
 *
 * @throws {BadUsage} the options do not determine it
 */
export function resolveServerUrl({ host, port }: Pick<OptionsFor<'report'>, 'host' | 'port'>): string {
  if (port === 0)
    throw new BadUsage(['--port: 0 means any free port; give the port of the running simulator']);
  return `http://${toReachableHost(host)}:${port}`;
}
