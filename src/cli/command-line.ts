import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Invocation } from './command.ts';

/** The command's name, its arguments, and the arguments after `--`. */
export function parseCommandLine(
  argv: readonly string[],
): { name: string } & Pick<Invocation, 'args' | 'rest'> {
  const dashes = argv.indexOf('--');
  const before = dashes < 0 ? argv : argv.slice(0, dashes);
  const rest = dashes < 0 ? [] : argv.slice(dashes + 1);
  const [first] = before;
  return first === undefined || first.startsWith('-')
    ? { name: 'start', args: before, rest }
    : { name: first, args: before.slice(1), rest };
}

const PROGRAMS = ['mock-veridas', 'mock-veridas.cjs'];

/**
 * The flags of a simulator that was started as `words`, the command line of a process. Undefined if it is none.
 */
export function findStartFlags(words: readonly string[]): readonly string[] | undefined {
  const at = words.findIndex((word) => PROGRAMS.includes(path.basename(word)));
  if (at < 0) return undefined;
  const { name, args } = parseCommandLine(words.slice(at + 1));
  return name === 'start' ? args : undefined;
}

/** The flags of the simulator that is process 1, as it is in a container. */
export function readContainerFlags(): readonly string[] | undefined {
  try {
    return findStartFlags(readFileSync('/proc/1/cmdline', 'utf8').replace(/\0$/, '').split('\0'));
  } catch {
    return undefined;
  }
}
