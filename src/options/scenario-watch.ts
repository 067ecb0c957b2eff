import { statSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import type { Scenario } from '../domain/scenario.ts';
import { claimedName, type Reading, scenarioFiles, scenarioFolder, scenariosOf } from './scenario-files.ts';
import { SHIPPED_SCENARIOS } from './shipped-scenarios.ts';
import { formatProblem, toRelativeName } from './yaml/file.ts';

/** Notifications of the file system are lost with a folder, and do not come from mounted ones. */
const LOOK_EVERY_MS = 500;

type Scenarios = ReadonlyMap<string, Scenario>;

/** What is watched, and for whom. */
interface Watched {
  /** The folder that was given for scenario files. */
  readonly fixtures: string;
  /** What could be played when the watching began. */
  readonly scenarios: Scenarios;
  /** Names of scenarios that must not go, because settings name them. */
  readonly needed: readonly string[];
  readonly log: { info(line: string): void; warn(line: string): void };
  /** From where files are named in the log. */
  readonly cwd: string;
}

interface ScenarioWatch {
  /** What calls can play that open now. */
  current(): Scenarios;
  close(): void;
}

/** A scenario file as it was found. */
interface Found {
  /** Another one when the file was written, replaced or made readable. */
  readonly stamp: string;
  readonly faults: readonly string[];
}

type Files = ReadonlyMap<string, Found>;

/** A line of the log. */
type News = readonly [level: 'info' | 'warn', line: string];

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : [file, found.ino, found.ctimeMs, found.size].join();
}

/** The scenario files in `folder`, unless it cannot be read, and why it cannot. One that is gone has none. */
function filesIn(folder: string): { files?: string[]; trouble?: string } {
  try {
    return { files: scenarioFiles(folder) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const trouble = `the folder ${folder} cannot be read (${code})`;
    return code === 'ENOENT' || code === 'ENOTDIR' ? { files: [], trouble } : { trouble };
  }
}

/** What can be played after `reading`. A scenario stays as it was when its file is faulty, or when it is needed. */
function playable(before: Scenarios, { scenarios, faults }: Reading, needed: readonly string[]): Scenarios {
  const there = new Map([...SHIPPED_SCENARIOS, ...scenarios]);
  const faulty = faults.map(({ file }) => claimedName(file)).filter((name) => !scenarios.has(name));
  for (const name of [...faulty, ...needed.filter((one) => !there.has(one))]) {
    const scenario = before.get(name);
    if (scenario !== undefined) there.set(name, scenario);
  }
  return there;
}

/** What is new about a file that is there. That it is valid again must be heard by whoever heard that it is not. */
function newsOf(file: string, { stamp, faults }: Found, was: Found | undefined): News[] {
  const isSame = stamp === was?.stamp && faults.join() === was.faults.join();
  if (isSame) return [];
  if (faults.length > 0) return faults.map((line): News => ['warn', line]);
  return was !== undefined && was.faults.length > 0
    ? [['warn', `${file} is valid again`]]
    : [['info', `${file} was reloaded`]];
}

/**
 * Reads the scenario files in a folder anew whenever they change, and says in the log what is wrong with them.
 * The scenarios that come with the package are there all the time.
 */
export function watchScenarios({ fixtures, scenarios, needed, log, cwd }: Watched): ScenarioWatch {
  // Settled once: what else lies in `fixtures` are no scenarios, though its folder of scenarios may be gone.
  const folder = scenarioFolder(fixtures);
  let current = scenarios;
  let known: Files = new Map(
    (filesIn(folder).files ?? []).map((file) => [file, { stamp: stampOf(file), faults: [] }]),
  );
  let lastTrouble: string | undefined;
  let lastStamps: string | undefined;

  function newsOfGone(file: string, files: readonly string[]): News {
    const name = claimedName(file);
    const isThere = SHIPPED_SCENARIOS.has(name) || files.some((other) => claimedName(other) === name);
    return needed.includes(name) && !isThere
      ? ['warn', `${toRelativeName(file, cwd)} is gone; its scenario stays, because settings name it`]
      : ['info', `${toRelativeName(file, cwd)} is gone`];
  }

  function look(): void {
    const { files, trouble } = filesIn(folder);
    if (trouble !== lastTrouble) log.warn(trouble ?? `the folder ${folder} can be read again`);
    lastTrouble = trouble;
    if (files === undefined) return;
    // Before the files are read: what is written meanwhile is seen by the next look.
    const stamps = files.map(stampOf);
    if (stamps.join('\n') === lastStamps) return;
    lastStamps = stamps.join('\n');
    const reading = scenariosOf(files);
    const faultsOf = (file: string) =>
      reading.faults.filter((fault) => fault.file === file).map((fault) => formatProblem(fault, cwd));
    const found: Files = new Map(
      files.map((file, index) => [file, { stamp: stamps[index] ?? '', faults: faultsOf(file) }]),
    );
    const gone = [...known.keys()].filter((file) => !found.has(file));
    const news = [
      ...gone.map((file) => newsOfGone(file, files)),
      ...[...found].flatMap(([file, one]) => newsOf(toRelativeName(file, cwd), one, known.get(file))),
    ];
    current = playable(current, reading, needed);
    known = found;
    for (const [level, line] of news) log[level](line);
  }

  // What has changed since the scenarios were read.
  look();
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return { current: () => current, close: () => clearInterval(timer) };
}
