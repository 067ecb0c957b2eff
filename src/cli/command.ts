import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BadUsage } from '../options/bad-usage.ts';
import type { OptionsFor } from '../options/table.ts';
import { toReachableHost } from '../server/address.ts';
import { createFolder } from '../system/create-folder.ts';
import { describeWriteError } from '../system/write-error.ts';

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

/**
 * Writes a file that a flag names, with its folders.
 *
 * @throws {BadUsage} it cannot be written
 */
export function writeResult(flag: string, file: string, text: string, cwd: string): void {
  try {
    createFolder(dirname(resolve(cwd, file)));
    writeFileSync(resolve(cwd, file), text);
  } catch (error) {
    throw new BadUsage([`${flag}: ${describeWriteError(error)}`]);
  }
}
