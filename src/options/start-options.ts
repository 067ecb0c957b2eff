import { trimTrailingSlashes } from '../control/schema/paths.ts';
import { type Client, SANDBOX_CLIENT } from '../domain/client.ts';
import type { IgnoredSituation } from '../domain/coverage.ts';
import type { ConfiguredFault } from '../domain/fault.ts';
import { describeUnknownScenario, type Scenario } from '../domain/scenario.ts';
import type { ConfiguredValidation } from '../domain/validation.ts';
import { refuse } from './bad-usage.ts';
import { type FileProblem, formatProblem } from './file-problem.ts';
import { type Identity, readIdentity } from './identity.ts';
import { findMissingClients, findPresetProblems, getValues } from './presets.ts';
import { read, type Surroundings } from './read.ts';
import type { Reading } from './read-scenarios.ts';
import { type Admin, resolve } from './resolve.ts';
import { claimedName, scenarioFiles } from './scenario-files.ts';
import { SHIPPED_SCENARIOS } from './shipped-scenarios.ts';
import type { Given, Source } from './source.ts';
import type { OptionsFor } from './table.ts';

type StartCommand = 'start' | 'exec';

/** The options that are combined into others. */
type CombinedOption =
  | 'client'
  | 'fixtures'
  | 'watch'
  | 'adminUser'
  | 'adminPassword'
  | 'adminOrigin'
  | 'https'
  | 'cert'
  | 'key';

/** The options to start a simulator with. Deeply frozen. */
export type StartOptions<C extends StartCommand> = Omit<OptionsFor<C>, CombinedOption> & {
  readonly clients: readonly Client[];
  readonly faults?: readonly ConfiguredFault[] | undefined;
  readonly validations?: readonly ConfiguredValidation[] | undefined;
  readonly coverageIgnore?: readonly IgnoredSituation[] | undefined;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** The folder whose scenario files are reloaded when they change. */
  readonly watched: string | undefined;
  readonly admin: Admin;
  readonly https: boolean | Identity;
};

/** Problems of the folder given as `named`: no scenario in it, or why it cannot be read. */
function findFolderProblems(folder: string | undefined, named: Given | undefined): string[] {
  if (folder === undefined || named === undefined) return [];
  try {
    return scenarioFiles(folder).length > 0 ? [] : [named.blame(`there is no scenario file in ${folder}`)];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return [named.blame(`the folder ${folder} cannot be read (${code})`)];
  }
}

const findWatchProblems = ({ watch, fixtures }: Source['given']): string[] =>
  watch?.value === true && fixtures === undefined
    ? [watch.blame('there is no folder to watch; add --fixtures DIR')]
    : [];

// What reads YAML is loaded for a start that has such a file.
const readScenarioFolder = async (folder: string): Promise<Reading> =>
  (await import('./read-scenarios.ts')).scenariosIn([folder]);
const findProfileProblems = async (file: string): Promise<readonly FileProblem[]> =>
  (await import('./profile-file.ts')).findProfileProblems(file);

/** Names of scenarios that can be chosen. A file with a problem is not reported as missing too. */
const namesIn = ({ scenarios, problems }: Reading): string[] => [
  ...new Set([...scenarios.keys(), ...problems.map(({ file }) => claimedName(file))]),
];

const unknownScenario = (name: string | undefined, known: readonly string[]): string[] =>
  name === undefined || known.includes(name) ? [] : [describeUnknownScenario(name, known)];

/** A pattern cannot detect that 999.1.1.1 or port 70000 is invalid. */
const findUrlProblems = (given: Given | undefined): string[] =>
  [given?.value ?? []].flat().flatMap((url, index) => {
    const message = `"${url}" is not a valid address`;
    return given === undefined || URL.canParse(String(url)) ? [] : [given.blame(message, index)];
  });

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of value instanceof Map ? value.values() : Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}

/**
 * Reads the options to start a simulator with.
 *
 * @throws {BadUsage} with every problem in any source of options and in the scenario files
 */
export async function readStartOptions<C extends StartCommand>(
  command: C,
  surroundings: Surroundings,
): Promise<StartOptions<C>> {
  const found = await read<StartCommand>(command, surroundings);
  const { options, given, clients: listed, presets, problems } = found;
  const {
    client: _,
    fixtures,
    watch,
    adminUser,
    adminPassword,
    adminOrigin,
    cert,
    key,
    https,
    browserUrl,
    ...others
  } = options;
  const unreadable = findFolderProblems(fixtures, given.fixtures);
  const { scenarios: own, problems: scenarioProblems } =
    fixtures === undefined || unreadable.length > 0
      ? { scenarios: [], problems: [] }
      : await readScenarioFolder(fixtures);
  const reading: Reading = { scenarios: new Map([...SHIPPED_SCENARIOS, ...own]), problems: scenarioProblems };
  const profileProblems = others.profile === undefined ? [] : await findProfileProblems(others.profile);
  const known = namesIn(reading);
  const clients = listed.clients.map(({ client }) => client);
  const clientIds = (clients.length > 0 ? clients : [SANDBOX_CLIENT]).map(({ clientId }) => clientId);
  const identity = readIdentity({ file: cert, given: given.cert }, { file: key, given: given.key });
  refuse([
    ...problems,
    ...unreadable,
    ...findWatchProblems(given),
    ...reading.problems.map((problem) => formatProblem(problem, surroundings.cwd)),
    ...unknownScenario(given.scenario && others.scenario, known).map(given.scenario?.blame ?? String),
    ...listed.clients.flatMap(({ client, blame }) =>
      unknownScenario(client.scenario, known).map((message) => blame('scenario', message)),
    ),
    // A client with a problem is not reported as missing too.
    ...(problems.length > 0 ? [] : findMissingClients(presets, clientIds)),
    ...findPresetProblems(presets, known),
    ...profileProblems.map((problem) => formatProblem(problem, surroundings.cwd)),
    ...findUrlProblems(given['admin-origin']),
    ...findUrlProblems(given['browser-url']),
    ...(Array.isArray(identity) ? identity : []),
  ]);
  const origins = adminOrigin.map((origin) => new URL(origin).origin);
  return frozen(
    resolve('library', {
      ...others,
      clients: clients.length > 0 ? clients : undefined,
      faults: getValues(presets.faults),
      validations: getValues(presets.validations),
      coverageIgnore: getValues(presets.ignored),
      scenarios: reading.scenarios,
      watched: watch ? fixtures : undefined,
      admin: { user: adminUser, ...(adminPassword !== undefined && { password: adminPassword }), origins },
      https: (identity as Identity | undefined) ?? https,
      browserUrl: browserUrl && trimTrailingSlashes(browserUrl),
    }),
  ) as StartOptions<C>;
}
