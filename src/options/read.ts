import { resolve as resolvePath } from 'node:path';
import { refuse } from './bad-usage.ts';
import { clientsOfPairs, type GivenClients, repeatedIds } from './clients.ts';
import { type Environment, fromEnvironment, misspeltVariables } from './environment.ts';
import { type FileSource, fromConfigFile } from './file.ts';
import { fromArguments } from './flags.ts';
import { findRepeatedSituations, NO_PRESETS, type Presets } from './presets.ts';
import { resolve } from './resolve.ts';
import type { CommandName } from './row.ts';
import type { Given, Source } from './source.ts';
import {
  camelCase,
  flagsFor,
  getRow,
  isTakenBy,
  NAMES,
  type Name,
  namesFor,
  type OptionsFor,
} from './table.ts';

/** The sources of options. */
export interface Surroundings {
  /** The command line after the command's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
}

/** The options of a command, and the problems of all sources; with any problem they are incomplete. */
export interface Read<C extends CommandName> {
  readonly options: OptionsFor<C>;
  /** The operands of the command line. */
  readonly operands: readonly string[];
  /** What was given, and where. */
  readonly given: Source['given'];
  /** The options given as flags. */
  readonly flags: Source['given'];
  /** The clients that were given. */
  readonly clients: GivenClients;
  readonly presets: Presets;
  readonly problems: readonly string[];
}

const NO_FILE: FileSource = { given: {}, problems: [] };
const NO_CLIENTS: GivenClients = { clients: [], problems: [] };

const valueFrom = (name: Name, { value, folder }: Given): unknown =>
  getRow(name).isPath && typeof value === 'string' ? resolvePath(folder, value) : value;

/** Reads the options of a command. Flags override the environment, which overrides the config file and the defaults. */
export async function read<C extends CommandName>(
  command: C,
  { argv, env, cwd }: Surroundings,
): Promise<Read<C>> {
  const { operands, ...flags } = fromArguments(command, argv, cwd);
  // Options of other commands are checked too: all commands run in the same environment.
  const isConfigured = isTakenBy(command, 'config');
  const names = (isConfigured ? NAMES : flagsFor(command)).filter((name) => flags.given[name] === undefined);
  const environment = fromEnvironment(names, env, cwd);
  const near = { ...environment.given, ...flags.given };
  const file = isConfigured ? await fromConfigFile(cwd, near.config) : NO_FILE;
  const given: Source['given'] = { ...file.given, ...near };
  const clients = given.client ? clientsOfPairs(given.client) : (file.clients ?? NO_CLIENTS);
  const values = namesFor(command).map((name) => {
    const one = given[name];
    return [camelCase(name), one && valueFrom(name, one)];
  });
  return {
    options: resolve(command, Object.fromEntries(values)) as OptionsFor<C>,
    operands,
    given,
    flags: flags.given,
    clients,
    presets: file.presets ?? NO_PRESETS,
    problems: [
      ...flags.problems,
      ...(isConfigured ? misspeltVariables(env) : []),
      ...environment.problems,
      ...file.problems,
      ...clients.problems,
      ...repeatedIds(clients),
      ...findRepeatedSituations(file.presets ?? NO_PRESETS),
    ],
  };
}

/**
 * Reads the options of a command that needs no further checks.
 *
 * @throws {BadUsage} with every problem
 */
export async function readOptions<C extends CommandName>(
  command: C,
  surroundings: Surroundings,
): Promise<Read<C>> {
  const found = await read(command, surroundings);
  refuse(found.problems);
  return found;
}
