import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { SCENARIO, toScenario } from '../control/schema/scenario-format.ts';
import type { Scenario } from '../domain/scenario.ts';
import { EXTENSIONS, type FileProblem, InvalidFile, readYaml } from './yaml/file.ts';

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

/** Throws {@link InvalidFile}. `before` are the files of the folder that have been read already. */
function readScenario(file: string, before: readonly string[]): Scenario {
  const { document, toProblem } = readYaml(file, SCENARIO);
  const refused = (message: string) => new InvalidFile([toProblem({ path: ['name'], at: 'value', message })]);
  const claimed = claimedName(file);
  if (document.name !== claimed)
    throw refused(`name: "${document.name}" must be the name of its file, "${claimed}"`);
  const twin = before.find((other) => claimedName(other) === claimed);
  if (twin !== undefined)
    throw refused(`name: "${claimed}" is also the name of ${basename(twin)} in the same folder`);
  return toScenario(document);
}

/** The valid scenarios by name, and the problems of the others. */
export interface Reading {
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly problems: readonly FileProblem[];
}

/** Reads scenario files. A later file replaces an earlier one of the same name; in one folder that is a problem. */
export function parseScenarioFiles(files: readonly string[]): Reading {
  const scenarios = new Map<string, Scenario>();
  const problems: FileProblem[] = [];
  for (const [index, file] of files.entries()) {
    const before = files.slice(0, index).filter((other) => dirname(other) === dirname(file));
    try {
      const scenario = readScenario(file, before);
      scenarios.set(scenario.name, scenario);
    } catch (error) {
      if (!(error instanceof InvalidFile)) throw error;
      problems.push(...error.problems);
    }
  }
  return { scenarios, problems };
}

/**
 * Reads the scenario files of several folders; a later folder's scenario replaces an earlier one of the same name. Throws an
 * error of `node:fs` when a folder cannot be read.
 */
export const scenariosIn = (directories: readonly string[]): Reading =>
  parseScenarioFiles(directories.flatMap(scenarioFiles));

/** As {@link scenariosIn}, but throws {@link InvalidFile} with the problems of all files. */
export function readScenarios(directories: readonly string[]): ReadonlyMap<string, Scenario> {
  const { scenarios, problems } = scenariosIn(directories);
  if (problems.length > 0) throw new InvalidFile(problems);
  return scenarios;
}
