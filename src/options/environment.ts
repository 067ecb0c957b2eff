import { closestMatch } from '../domain/closest-match.ts';
import { merged, readTexts, type Source } from './source.ts';
import { getRow, NAMES, type Name } from './table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'MOCK_VERIDAS_';

/** The environment variables for `name`; the first that is set counts. */
export const listVariables = (name: Name): readonly string[] =>
  getRow(name).variables ?? [PREFIX + name.toUpperCase().replaceAll('-', '_')];

/** Kubernetes and Docker set NAME_PORT to an address, for a service of that name. */
const isServiceLink = (text: string): boolean => /^(tcp|udp|sctp):\/\//.test(text);

const VARIABLES = NAMES.flatMap(listVariables).filter((variable) => variable.startsWith(PREFIX));

/** Other programs may use our prefix too: only probable typos are rejected. */
const misspeltVariable = (variable: string): string[] => {
  if (!variable.startsWith(PREFIX) || VARIABLES.includes(variable)) return [];
  const known = VARIABLES.map((name) => name.slice(PREFIX.length));
  const meant = closestMatch(variable.slice(PREFIX.length), known);
  return meant === undefined ? [] : [`${variable}: is not known; did you mean ${PREFIX}${meant}?`];
};

/** Problems of variables that look like typos of ours. */
export const misspeltVariables = (env: Environment): string[] => Object.keys(env).flatMap(misspeltVariable);

/** The options in the environment for `names`. An empty variable counts as unset; a list has one value per line. */
export function fromEnvironment(names: readonly Name[], env: Environment, folder: string): Source {
  const sources = names.flatMap((name) => {
    const variable = listVariables(name).find(
      (candidate) => env[candidate] && !isServiceLink(env[candidate]),
    );
    const lines = (variable === undefined ? '' : (env[variable] ?? '')).split(/\r?\n/).filter(Boolean);
    return variable === undefined || lines.length === 0 ? [] : [readTexts(name, variable, lines, folder)];
  });
  return merged(sources);
}
