import { parseArgs } from 'node:util';
import { closestMatch } from '../domain/closest-match.ts';
import { COMMAND_NAMES, type CommandName, OPERANDS } from './row.ts';
import { merged, readTexts, type Source } from './source.ts';
import { flagsFor, getKind, getRow, isTakenBy, NAMES, type Name } from './table.ts';

/** A parsed command line. */
export interface Arguments extends Source {
  /** The operands: arguments that are neither a flag nor its value. */
  readonly operands: readonly string[];
}

const isKnown = (name: string): name is Name => (NAMES as string[]).includes(name);
const isSwitch = (name: Name): boolean => getKind(name) === 'switch';

const FLAGS = Object.fromEntries(
  NAMES.map((name) => {
    const { short } = getRow(name);
    return [
      name,
      { type: isSwitch(name) ? 'boolean' : 'string', ...(short !== undefined && { short }) } as const,
    ];
  }),
);

/** Expands a short flag, so that both forms are parsed and reported alike. */
const longForm = (argument: string): string => {
  const name = NAMES.find((one) => argument === `-${getRow(one).short}`);
  return name === undefined ? argument : `--${name}`;
};

const isFlag = (argument: string | undefined): boolean =>
  argument === undefined || isKnown(/^--([^=]+)/.exec(longForm(argument))?.[1] ?? '');

/** A flag without a value must not consume the next flag. */
const withoutValue = (argument: string, next: string | undefined): boolean => {
  const name = argument.slice(2);
  return argument.startsWith('--') && isKnown(name) && !isSwitch(name) && isFlag(next);
};

const findBareValue = (flag: string): string => getRow(flag.slice(2) as Name).bare ?? '';

/** The part of an unknown flag that may be repeated: the rest could be a secret. */
const shownFlag = (rawName: string): string => /^-*[A-Za-z0-9-]*/.exec(rawName)?.[0] ?? '';

function unknownFlag(command: CommandName, rawName: string): string {
  const meant = closestMatch(rawName.replace(/^-+/, ''), flagsFor(command));
  const help = command === 'start' ? 'see --help' : `see ${command} --help`;
  return `${shownFlag(rawName)}: is not a flag; ${meant === undefined ? help : `did you mean --${meant}?`}`;
}

/** The commands that take `name`, for example `exec and report take it`. */
function describeTakers(name: Name): string {
  const takers = COMMAND_NAMES.filter((command) => isTakenBy(command, name));
  const last = takers.at(-1);
  return takers.length === 1 ? `${last} takes it` : `${takers.slice(0, -1).join(', ')} and ${last} take it`;
}

interface Option {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function findFlagProblem(
  command: CommandName,
  { name, rawName, value, inlineValue }: Option,
): string | undefined {
  if (!isKnown(name)) return unknownFlag(command, rawName);
  if (!isTakenBy(command, name)) return `--${name}: is not a flag of ${command}; ${describeTakers(name)}`;
  if (isSwitch(name)) return value === undefined ? undefined : `--${name}: takes no value`;
  if (value === undefined || value === '')
    return `--${name}: has no value; write --${name} ${getRow(name).placeholder}`;
  // `-` alone stands for standard output.
  return inlineValue !== true && /^-./.test(value)
    ? `--${name}: has no value; write a value that begins with - as --${name}=VALUE`
    : undefined;
}

/** Flags given without the flag that they need. */
const findUnmetNeeds = (given: ReadonlyMap<Name, unknown>): string[] =>
  [...given.keys()].flatMap((name) => {
    const { needs } = getRow(name);
    return needs === undefined || given.has(needs as Name) ? [] : [`--${name}: needs --${needs} as well`];
  });

/** Whether a switch is among the arguments, also in a group of short ones such as `-vh`. */
export function hasSwitch(name: 'help' | 'version', argv: readonly string[]): boolean {
  if (argv.some((argument) => longForm(argument) === `--${name}`)) return true;
  const { tokens } = parseArgs({ args: [...argv], options: FLAGS, strict: false, tokens: true });
  return tokens.some((token) => token.kind === 'option' && token.rawName === `-${getRow(name).short}`);
}

/** Parses the command line `argv` of a command. */
export function fromArguments(command: CommandName, argv: readonly string[], folder: string): Arguments {
  const long = argv.map(longForm);
  const { tokens } = parseArgs({
    args: long.map((argument, index) =>
      withoutValue(argument, long[index + 1]) ? `${argument}=${findBareValue(argument)}` : argument,
    ),
    options: FLAGS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const problems = new Map<number, string>();
  const texts = new Map<Name, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      operands.push(token.value);
      if (OPERANDS[command] === undefined && !problems.has(token.index - 1))
        problems.set(
          token.index,
          `argument ${token.index + 1}: is not expected; use only flags and their values here`,
        );
    }
    if (token.kind !== 'option') continue;
    const { name, value, index } = token;
    const problem = findFlagProblem(command, token);
    if (problem !== undefined) problems.set(index, problems.get(index) ?? problem);
    else if (isKnown(name)) texts.set(name, [...(texts.get(name) ?? []), value ?? 'true']);
  }
  const sources = [...texts].map(([name, given]) => readTexts(name, `--${name}`, given, folder));
  const { given, problems: unread } = merged(sources);
  return { given, problems: [...problems.values(), ...unread, ...findUnmetNeeds(texts)], operands };
}
