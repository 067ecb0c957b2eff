import { parseArgs } from 'node:util';
import { nearest } from '../control/schema/closest-match.ts';
import { mismatches } from '../control/schema/mismatch.ts';
import { isList, itemOf, kindOf, NAMES, type Name, settingOf } from './table.ts';

/** A value that was given for a setting. */
export interface Given {
  readonly value: unknown;
  /** The sentence that blames it, or its entry at `index`, by the place where it was given. */
  readonly blame: (message: string, index?: number) => string;
  /** From where a relative path starts. */
  readonly folder: string;
}

/** What one source of settings gives, and what is wrong in it. */
export interface Source {
  readonly given: Readonly<Partial<Record<Name, Given>>>;
  readonly faults: readonly string[];
}

const PREFIX = 'MOCK_VERIDAS_';

/** The environment variables for `name`; of several that are set the first counts. */
export function variablesOf(name: Name): string[] {
  const { notIn, environment = [] } = settingOf(name);
  return notIn?.includes('environment')
    ? []
    : [PREFIX + name.toUpperCase().replaceAll('-', '_'), ...environment];
}

const isKnown = (name: string): name is Name => (NAMES as string[]).includes(name);
const isSwitch = (name: Name): boolean => kindOf(name) === 'switch';

const SWITCH = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** What a text says as a value of some kind, or the text itself when it says nothing, to be complained of. */
const READ: Record<ReturnType<typeof kindOf>, (text: string) => unknown> = {
  number: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
  switch: (text) => SWITCH.get(text) ?? text,
  text: (text) => text,
};

/** What `texts`, given for `name` at `place`, say; only a setting that is a list has use for several. */
function read(name: Name, place: string, texts: readonly string[], folder: string): Source {
  const values = (isList(name) ? texts : texts.slice(-1)).map((text) => READ[kindOf(name)](text));
  const blame = (message: string, index?: number) =>
    `${values.length > 1 && index !== undefined ? `${place} (${index + 1})` : place}: ${message}`;
  const faults = values.flatMap((value, index) =>
    mismatches(itemOf(name), value).map(({ message }) => blame(message, index)),
  );
  const value = isList(name) ? values : values[0];
  return faults.length > 0 ? { given: {}, faults } : { given: { [name]: { value, blame, folder } }, faults };
}

const merged = (sources: readonly Source[]): Source => ({
  given: Object.assign({}, ...sources.map(({ given }) => given)),
  faults: sources.flatMap(({ faults }) => faults),
});

const OPTIONS = Object.fromEntries(
  NAMES.map((name) => {
    const { short } = settingOf(name);
    return [
      name,
      { type: isSwitch(name) ? 'boolean' : 'string', ...(short !== undefined && { short }) } as const,
    ];
  }),
);

const isFlag = (argument: string | undefined): boolean =>
  argument === undefined || isKnown(/^--([^=]+)/.exec(argument)?.[1] ?? '');

/** A flag without its value must not take the next flag for it. */
const withoutValue = (argument: string, next: string | undefined): boolean => {
  const name = argument.slice(2);
  return argument.startsWith('--') && isKnown(name) && !isSwitch(name) && isFlag(next);
};

/** What may be repeated of an unknown flag: the rest could be a secret that was written to it. */
const shownFlag = (rawName: string): string => /^-*[A-Za-z0-9-]*/.exec(rawName)?.[0] ?? '';

function unknownFlag(rawName: string): string {
  const meant = nearest(rawName.replace(/^-+/, ''), NAMES);
  const help = meant === undefined ? 'see --help' : `did you mean --${meant}?`;
  return `${shownFlag(rawName)}: is not a flag; ${help}`;
}

function faultyOption(name: string, rawName: string, value: string | undefined, isInline: boolean) {
  if (!isKnown(name)) return unknownFlag(rawName);
  if (isSwitch(name)) return value === undefined ? undefined : `${rawName}: takes no value`;
  if (value === undefined || value === '') {
    return `${rawName}: has no value; write ${rawName} ${settingOf(name).placeholder}`;
  }
  return !isInline && /^-./.test(value)
    ? `${rawName}: has no value; one that begins with - is written ${rawName}=VALUE`
    : undefined;
}

/** What the command line `argv` gives; it may hold nothing but flags. */
export function fromArguments(argv: readonly string[], folder: string): Source {
  const args = argv.map((argument, index) =>
    withoutValue(argument, argv[index + 1]) ? `${argument}=` : argument,
  );
  const { tokens } = parseArgs({
    args,
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const faults = new Map<number, string>();
  const texts = new Map<Name, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional' && !faults.has(token.index - 1)) {
      faults.set(
        token.index,
        `argument ${token.index + 1}: is not expected; everything here is a flag and its value`,
      );
    }
    if (token.kind !== 'option') continue;
    const { name, rawName, value, index, inlineValue } = token;
    const fault = faultyOption(name, rawName, value, inlineValue === true);
    if (fault !== undefined) faults.set(index, faults.get(index) ?? fault);
    else if (isKnown(name)) texts.set(name, [...(texts.get(name) ?? []), value ?? 'true']);
  }
  const sources = [...texts].map(([name, given]) => read(name, `--${name}`, given, folder));
  return merged([{ given: {}, faults: [...faults.values()] }, ...sources]);
}

/** Kubernetes and Docker set NAME_PORT for a service of that name, to an address. */
const isServiceLink = (text: string): boolean => /^(tcp|udp|sctp):\/\//.test(text);

const VARIABLES = NAMES.flatMap(variablesOf).filter((variable) => variable.startsWith(PREFIX));

/** Our prefix may be another program's too: only what looks like a slip is refused. */
const misspeltVariable = (variable: string): string[] => {
  if (!variable.startsWith(PREFIX) || VARIABLES.includes(variable)) return [];
  const known = VARIABLES.map((name) => name.slice(PREFIX.length));
  const meant = nearest(variable.slice(PREFIX.length), known);
  return meant === undefined ? [] : [`${variable}: is not known; did you mean ${PREFIX}${meant}?`];
};

/**
 * What the environment gives for what is not `given` already: a variable that is not heard may hold anything.
 * One that is empty counts as not set; for a list it holds one value a line.
 */
export function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
  given: Source['given'],
): Source {
  const sources = NAMES.filter((name) => given[name] === undefined).flatMap((name) => {
    const variable = variablesOf(name).find((candidate) => env[candidate] && !isServiceLink(env[candidate]));
    const lines = (variable === undefined ? '' : (env[variable] ?? '')).split(/\r?\n/).filter(Boolean);
    return variable === undefined || lines.length === 0 ? [] : [read(name, variable, lines, folder)];
  });
  return merged([{ given: {}, faults: Object.keys(env).flatMap(misspeltVariable) }, ...sources]);
}
