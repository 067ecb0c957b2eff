import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCENARIO, toScenario } from '../control/schema/scenario-format.ts';
import type { Scenario } from '../domain/scenario.ts';
import { ROOT } from '../system/package.ts';
import { EXTENSIONS, type Fault, InvalidFile, readYaml } from './yaml/file.ts';

/** The folder of the scenarios that come with the package. */
export const SHIPPED = fileURLToPath(new URL('fixtures/scenarios', ROOT));

const isScenarioFile = (file: string): boolean =>
  EXTENSIONS.includes(extname(file)) && !file.startsWith('.') && !file.endsWith('.schema.json');

/** The scenario name that a file's name claims. */
export const claimedName = (file: string): string => basename(file, extname(file));

/** The folder that holds scenarios: `scenarios` in `directory` where there is one, otherwise itself. */
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

/** Throws {@link InvalidFile}. `before` are the files of its folder that have been read already. */
function readScenario(file: string, before: readonly string[]): Scenario {
  const { document, faultOf } = readYaml(file, SCENARIO);
  const refused = (message: string) => new InvalidFile([faultOf({ path: ['name'], at: 'value', message })]);
  const claimed = claimedName(file);
  if (document.name !== claimed)
    throw refused(`name: "${document.name}" must be the name of its file, "${claimed}"`);
  const twin = before.find((other) => claimedName(other) === claimed);
  if (twin !== undefined) throw refused(`name: "${claimed}" is also in ${basename(twin)} beside it`);
  return toScenario(document);
}

/** The scenarios that could be read, by name, and what is wrong with the others. */
export interface Reading {
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly faults: readonly Fault[];
}

/** Reads scenario files; of those with one name the last counts, unless they stand in one folder. */
export function scenariosOf(files: readonly string[]): Reading {
  const scenarios = new Map<string, Scenario>();
  const faults: Fault[] = [];
  for (const [index, file] of files.entries()) {
    const before = files.slice(0, index).filter((other) => dirname(other) === dirname(file));
    try {
      const scenario = readScenario(file, before);
      scenarios.set(scenario.name, scenario);
    } catch (error) {
      if (!(error instanceof InvalidFile)) throw error;
      faults.push(...error.faults);
    }
  }
  return { scenarios, faults };
}

/**
 * Reads the scenario files of several folders; of scenarios with one name the last folder's counts. Throws
 * an error of `node:fs` when a folder cannot be read.
 */
export const scenariosIn = (directories: readonly string[]): Reading =>
  scenariosOf(directories.flatMap(scenarioFiles));

/** As {@link scenariosIn}, but throws {@link InvalidFile} with everything that is wrong in any file. */
export function readScenarios(directories: readonly string[]): ReadonlyMap<string, Scenario> {
  const { scenarios, faults } = scenariosIn(directories);
  if (faults.length > 0) throw new InvalidFile(faults);
  return scenarios;
}

/** Scenarios of which each is read when it is asked for: of those that come with the package, few ever are. */
class ReadLater implements ReadonlyMap<string, Scenario> {
  readonly #known: Map<string, Scenario | string>;

  /** @param known scenarios, or the files that hold them */
  constructor(known: Map<string, Scenario | string>) {
    this.#known = known;
  }

  get size(): number {
    return this.#known.size;
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  get(name: string): Scenario | undefined {
    const known = this.#known.get(name);
    if (typeof known !== 'string') return known;
    const scenario = readScenario(known, []);
    this.#known.set(name, scenario);
    return scenario;
  }

  keys(): MapIterator<string> {
    return this.#known.keys();
  }

  values(): MapIterator<Scenario> {
    return this.#read().values();
  }

  entries(): MapIterator<[string, Scenario]> {
    return this.#read().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Scenario]> {
    return this.entries();
  }

  forEach(...asked: Parameters<ReadonlyMap<string, Scenario>['forEach']>): void {
    this.#read().forEach(...(asked as Parameters<Map<string, Scenario>['forEach']>));
  }

  #read(): Map<string, Scenario> {
    return new Map([...this.keys()].map((name) => [name, this.get(name) as Scenario]));
  }
}

/** The scenarios that come with the package, before which `own` ones of their names go. */
export function withShipped(own: ReadonlyMap<string, Scenario> = new Map()): ReadonlyMap<string, Scenario> {
  const shipped = scenarioFiles(SHIPPED).map((file) => [claimedName(file), file] as const);
  return new ReadLater(new Map<string, Scenario | string>([...shipped, ...own]));
}
