import { statSync } from 'node:fs';
import type { Scenario } from '../domain/scenario.ts';
import { clearInterval, setInterval } from '../system/timers.ts';
import { formatProblem, toRelativeName } from './file-problem.ts';
import { parseScenarioFiles, type Reading } from './read-scenarios.ts';
import { claimedName, scenarioFiles, scenarioFolder } from './scenario-files.ts';
import { SHIPPED_SCENARIOS } from './shipped-scenarios.ts';

/** Polling: file system notifications stop when the folder is replaced, and are missing on mounted folders. */
const POLL_INTERVAL_MS = 500;

type Scenarios = ReadonlyMap<string, Scenario>;

/** What to watch. */
interface Watched {
  /** The folder given for scenario files. */
  readonly fixtures: string;
  /** The scenarios when watching started. */
  readonly scenarios: Scenarios;
  /** Names of scenarios that must not disappear, because settings name them. */
  readonly needed: readonly string[];
  readonly log: { info(line: string): void; warn(line: string): void };
  /** File names in the log are relative to it. */
  readonly cwd: string;
}

interface ScenarioWatch {
  /** The scenarios that calls can play now. */
  current(): Scenarios;
  close(): void;
}

/** The state of a scenario file when it was read. */
interface Found {
  /** Changes when the file is written, replaced or made readable. */
  readonly stamp: string;
  readonly problems: readonly string[];
}

type Files = ReadonlyMap<string, Found>;

/** Writes a line to the log. */
type LogLine = readonly [level: 'info' | 'warn', line: string];

function readStamp(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : [file, found.ino, found.ctimeMs, found.size].join();
}

/** The scenario files in `folder`, none if it was deleted, and the reason if it cannot be read. */
function filesIn(folder: string): { files?: string[]; trouble?: string } {
  try {
    return { files: scenarioFiles(folder) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const trouble = `the folder ${folder} cannot be read (${code})`;
    return code === 'ENOENT' || code === 'ENOTDIR' ? { files: [], trouble } : { trouble };
  }
}

/** The scenarios after `reading`. An invalid file keeps its earlier scenario, and so does a scenario that is needed. */
function playable(before: Scenarios, { scenarios, problems }: Reading, needed: readonly string[]): Scenarios {
  const there = new Map([...SHIPPED_SCENARIOS, ...scenarios]);
  const invalid = problems.map(({ file }) => claimedName(file)).filter((name) => !scenarios.has(name));
  for (const name of [...invalid, ...needed.filter((one) => !there.has(one))]) {
    const scenario = before.get(name);
    if (scenario !== undefined) there.set(name, scenario);
  }
  return there;
}

/** What to log about an existing file. Recovery is logged at the level of the problem, so that the same readers see it. */
function describeChange(file: string, { stamp, problems }: Found, was: Found | undefined): LogLine[] {
  const isSame = stamp === was?.stamp && problems.join() === was.problems.join();
  if (isSame) return [];
  if (problems.length > 0) return problems.map((line): LogLine => ['warn', line]);
  return was !== undefined && was.problems.length > 0
    ? [['warn', `${file} is valid again`]]
    : [['info', `${file} was reloaded`]];
}

/**
 * Reloads the scenario files in a folder when they change, and logs their problems. The scenarios that come with the
 * package stay available.
 */
export function watchScenarios({ fixtures, scenarios, needed, log, cwd }: Watched): ScenarioWatch {
  // Resolved once: when `scenarios` disappears, other files in its parent are still not scenarios.
  const folder = scenarioFolder(fixtures);
  let current = scenarios;
  let known: Files = new Map(
    (filesIn(folder).files ?? []).map((file) => [file, { stamp: readStamp(file), problems: [] }]),
  );
  let lastTrouble: string | undefined;
  let lastStamps: string | undefined;

  function describeRemoval(file: string, files: readonly string[]): LogLine {
    const name = claimedName(file);
    const isThere = SHIPPED_SCENARIOS.has(name) || files.some((other) => claimedName(other) === name);
    return needed.includes(name) && !isThere
      ? [
          'warn',
          `${toRelativeName(file, cwd)} was deleted; its scenario is kept, because settings refer to it`,
        ]
      : ['info', `${toRelativeName(file, cwd)} was deleted`];
  }

  function poll(): void {
    const { files, trouble } = filesIn(folder);
    if (trouble !== lastTrouble) log.warn(trouble ?? `the folder ${folder} can be read again`);
    lastTrouble = trouble;
    if (files === undefined) return;
    // Taken before the files are read, so that a write in between is seen by the next poll.
    const stamps = files.map(readStamp);
    if (stamps.join('\n') === lastStamps) return;
    lastStamps = stamps.join('\n');
    const reading = parseScenarioFiles(files);
    const formatProblemsOf = (file: string) =>
      reading.problems
        .filter((problem) => problem.file === file)
        .map((problem) => formatProblem(problem, cwd));
    const found: Files = new Map(
      files.map((file, index) => [file, { stamp: stamps[index] ?? '', problems: formatProblemsOf(file) }]),
    );
    const gone = [...known.keys()].filter((file) => !found.has(file));
    const lines = [
      ...gone.map((file) => describeRemoval(file, files)),
      ...[...found].flatMap(([file, one]) => describeChange(toRelativeName(file, cwd), one, known.get(file))),
    ];
    current = playable(current, reading, needed);
    known = found;
    for (const [level, line] of lines) log[level](line);
  }

  // What has changed since the scenarios were first read.
  poll();
  const timer = setInterval(poll, POLL_INTERVAL_MS).unref();
  return { current: () => current, close: () => clearInterval(timer) };
}
