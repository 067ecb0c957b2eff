import { basename, dirname } from 'node:path';
import { SCENARIO, toScenario } from '../control/schema/scenario-format.ts';
import type { Scenario } from '../domain/scenario.ts';
import { type FileProblem, InvalidFile } from './file-problem.ts';
import { claimedName, scenarioFiles } from './scenario-files.ts';
import { readYaml } from './yaml/file.ts';

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
