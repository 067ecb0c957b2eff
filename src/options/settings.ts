import { resolve } from 'node:path';
import { withoutLastSlashes } from '../control/schema/paths.ts';
import type { Client } from '../domain/client.ts';
import { noScenario, type Scenario } from '../domain/scenario.ts';
import type { Blocking, LogFormat, LogLevel, RefusedCall, TokenFormatName } from './choices.ts';
import { BUILT_IN_CLIENTS, clientsOfPairs, repeatedIds } from './clients.ts';
import { fromConfigFile } from './file.ts';
import { fromArguments, fromEnvironment, type Given, type Source } from './flags.ts';
import { type Identity, identityOf } from './identity.ts';
import { claimedName, type Reading, scenarioFiles, scenariosIn, withShipped } from './scenario-files.ts';
import { NAMES, type Name, type SETTINGS, settingOf, type Value } from './table.ts';
import { formatFault } from './yaml/file.ts';

export { entry, helpText } from './help.ts';

/** How the simulator is to be run. Frozen all through. */
export interface Settings {
  readonly port: number;
  /** Address to listen on; left out, this machine only, over IPv4 and IPv6. */
  readonly host?: string;
  readonly clients: readonly Client[];
  /** Name of the scenario that is played when nothing nearer chooses one. */
  readonly scenario: string;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** The folder whose scenario files are read anew when they change. */
  readonly watch?: string;
  readonly tokenFormat: TokenFormatName;
  readonly randomSeed?: string;
  readonly strictTokens: boolean;
  readonly refusedCall: RefusedCall;
  readonly knownValidationsOnly: boolean;
  readonly blocked: Blocking;
  /** Proxies whose X-Forwarded-For is believed: addresses and ranges. */
  readonly trustProxy: readonly string[];
  /** Findings are failures. */
  readonly strict: boolean;
  /** The folder into which a report is written. */
  readonly report?: string;
  /** So many requests of each client are remembered. */
  readonly journalSize: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Where everything is kept: `memory`, or the address of a Redis. */
  readonly store: string;
  /** Stands before every key in the store. */
  readonly storePrefix: string;
  /** A file that says where the simulator is while it runs. */
  readonly readyFile?: string;
  readonly admin: { readonly user: string; readonly password?: string; readonly origins: readonly string[] };
  /** Base URL for browsers, without a slash at its end. */
  readonly browserUrl?: string;
  /** TLS is spoken too: with a certificate that is made here, or with this one. */
  readonly https?: true | Identity;
  /** The ports that video needs are open too. */
  readonly mediaPorts: boolean;
}

/** A command line, environment or file that cannot be used; its message is one line a fault. */
export class BadUsage extends Error {
  override readonly name = 'BadUsage';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** From where settings are read. */
export interface Surroundings {
  /** The command line after the command's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The port where none is asked for, if it is not the documented one. */
  readonly usualPort?: number;
}

type GivenSettings = Source['given'];

/** What is set, by name: always something where there is a default. */
type Values = {
  readonly [N in Name]: Value<N> | ((typeof SETTINGS)[N] extends { default: unknown } ? never : undefined);
};

const valuesOf = (given: GivenSettings): Values =>
  Object.fromEntries(
    NAMES.map((name) => {
      const { default: usual, isPath } = settingOf(name);
      const { value, folder } = given[name] ?? { value: usual, folder: '.' };
      return [name, isPath && typeof value === 'string' ? resolve(folder, value) : value];
    }),
  ) as Values;

/** The folder for which `named` stands holds no scenario, or why it cannot be read. */
function folderFaults(folder: string | undefined, named: Given | undefined): string[] {
  if (folder === undefined || named === undefined) return [];
  try {
    return scenarioFiles(folder).length > 0 ? [] : [named.blame(`there is no scenario file in ${folder}`)];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return [named.blame(`the folder ${folder} cannot be read (${code})`)];
  }
}

const watchFaults = ({ watch, fixtures }: GivenSettings): string[] =>
  watch?.value === true && fixtures === undefined
    ? [watch.blame('there is no folder to watch; add --fixtures DIR')]
    : [];

/** Names of scenarios that can be chosen. A file with a fault is not missing as well. */
const namesIn = ({ scenarios, faults }: Reading): string[] => [
  ...new Set([...scenarios.keys(), ...faults.map(({ file }) => claimedName(file))]),
];

const unknownScenario = (name: string | undefined, known: readonly string[]): string[] =>
  name === undefined || known.includes(name) ? [] : [noScenario(name, known)];

/** A pattern cannot tell that 999.1.1.1 or port 70000 leads nowhere. */
const urlFaults = (given: Given | undefined): string[] =>
  [given?.value ?? []].flat().flatMap((url, index) => {
    const message = `"${url}" is not an address that can exist`;
    return given === undefined || URL.canParse(String(url)) ? [] : [given.blame(message, index)];
  });

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}

function settingsOf(
  values: Values,
  clients: readonly Client[],
  scenarios: Settings['scenarios'],
  identity: Identity | undefined,
): Settings {
  const {
    port,
    host,
    scenario,
    watch,
    fixtures,
    'admin-password': password,
    'browser-url': browserUrl,
    'random-seed': randomSeed,
    'ready-file': readyFile,
    report,
  } = values;
  const origins = values['admin-origin'].map((origin) => new URL(origin).origin);
  return frozen({
    port,
    ...(host !== undefined && { host }),
    clients,
    scenario,
    scenarios,
    ...(watch && fixtures !== undefined && { watch: fixtures }),
    tokenFormat: values['token-format'],
    ...(randomSeed !== undefined && { randomSeed }),
    strictTokens: values['strict-tokens'],
    refusedCall: values['refused-call'],
    knownValidationsOnly: values['known-validations-only'],
    blocked: values.blocked,
    trustProxy: values['trust-proxy'],
    strict: values.strict,
    ...(report !== undefined && { report }),
    journalSize: values['journal-size'],
    logLevel: values['log-level'],
    logFormat: values['log-format'],
    store: values.store,
    storePrefix: values['store-prefix'],
    ...(readyFile !== undefined && { readyFile }),
    admin: { user: values['admin-user'], ...(password !== undefined && { password }), origins },
    ...(browserUrl !== undefined && { browserUrl: withoutLastSlashes(browserUrl) }),
    mediaPorts: values['media-ports'],
    ...((identity !== undefined || values.https) && { https: identity ?? true }),
  });
}

/**
 * Reads the settings: flags before the environment before the config file. Throws {@link BadUsage} with
 * everything that is wrong in any of them and in the scenario files.
 */
export function readSettings({ argv, env, cwd, usualPort }: Surroundings): Settings {
  const flags = fromArguments(argv, cwd);
  const environment = fromEnvironment(env, cwd, flags.given);
  const near = { ...environment.given, ...flags.given };
  const file = fromConfigFile(cwd, near.config);
  const given: GivenSettings = { ...file.given, ...near };
  const values = { ...valuesOf(given), ...(usualPort !== undefined && !given.port && { port: usualPort }) };

  const clients = near.client ? clientsOfPairs(near.client) : (file.clients ?? BUILT_IN_CLIENTS);
  const unreadable = folderFaults(values.fixtures, given.fixtures);
  const own = values.fixtures === undefined || unreadable.length > 0 ? [] : [values.fixtures];
  const { scenarios: found, faults: unsound } = scenariosIn(own);
  const reading: Reading = { scenarios: withShipped(found), faults: unsound };
  const known = namesIn(reading);
  const identity = identityOf(
    { file: values.cert, given: given.cert },
    { file: values.key, given: given.key },
  );
  const faults = [
    ...flags.faults,
    ...environment.faults,
    ...file.faults,
    ...clients.faults,
    ...repeatedIds(clients),
    ...unreadable,
    ...watchFaults(given),
    ...reading.faults.map((fault) => formatFault(fault, cwd)),
    ...unknownScenario(given.scenario && values.scenario, known).map(given.scenario?.blame ?? String),
    ...clients.clients.flatMap(({ client, blame }) =>
      unknownScenario(client.scenario, known).map((message) => blame('scenario', message)),
    ),
    ...urlFaults(given['admin-origin']),
    ...urlFaults(given['browser-url']),
    ...(Array.isArray(identity) ? identity : []),
  ];
  if (faults.length > 0) throw new BadUsage(faults);
  return settingsOf(
    values,
    clients.clients.map(({ client }) => client),
    reading.scenarios,
    identity as Identity | undefined,
  );
}
