import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { EXTENSIONS } from './file-problem.ts';

const isScenarioFile = (file: string): boolean =>
  EXTENSIONS.includes(extname(file)) && !file.startsWith('.') && !file.endsWith('.schema.json');

/** The scenario name that follows from a file name. */
export const claimedName = (file: string): string => basename(file, extname(file));

/** The folder of the scenario files: `scenarios` in `directory` if it exists, otherwise `directory`. */
export const scenarioFolder = (directory: string): string => {
  const inner = join(directory, 'scenarios');
  return existsSync(inner) ? inner : directory;
};

/** The scenario files of `directory`. Throws an error of `node:fs` when it cannot be read. */
export const scenarioFiles = (directory: string): string[] => {
  const folder = scenarioFolder(directory);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isScenarioFile(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
};
