import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { BadUsage } from '../../src/options/bad-usage.ts';
import { readStartOptions, type StartOptions } from '../../src/options/start-options.ts';

type Environment = Readonly<Record<string, string>>;

/** Creates a working directory for each test, and reads the simulator's settings from it. */
export function useWorkingDirectory() {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mock-veridas-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const settings = (argv: readonly string[] = [], env: Environment = {}): Promise<StartOptions<'start'>> =>
    readStartOptions('start', { argv, env, cwd: folder });

  return {
    cwd: (): string => folder,

    /** Writes a file with these lines. */
    write(name: string, ...lines: readonly string[]): void {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), lines.join('\n'));
    },

    settings,

    /** Returns the problems of the settings. */
    async getProblems(argv?: readonly string[], env?: Environment): Promise<readonly string[]> {
      try {
        await settings(argv, env);
        return [];
      } catch (error) {
        if (error instanceof BadUsage) return error.problems;
        throw error;
      }
    },
  };
}
