import { listVariables } from './environment.ts';
import { type CommandName, GROUPS, OPERANDS } from './row.ts';
import { flagsFor, getDefault, getRow, isList, type Name } from './table.ts';

/** The help of a command. */
export interface CommandHelp {
  /** One or two lines for the list of commands. */
  readonly summary: string;
  /** Usage line, where it is more than operands and flags. */
  readonly usage?: string;
  readonly about: string;
  readonly exitCodes: Readonly<Record<number, string>>;
}

const WIDTH = 80;
const INDENT = 26;

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const wrapped = (text: string, width: number): string[] =>
  text.split('\n').flatMap((line) => wrapLine(line, width));

/** `term` with `text` beside it, wrapped; below it when the term is long. */
function entry(term: string, text: string, indent = INDENT): string {
  const start = `  ${term}  `;
  const lines = wrapped(text, WIDTH - indent).map((line) => ' '.repeat(indent) + line);
  return start.length > indent
    ? [start.trimEnd(), ...lines].join('\n')
    : start.padEnd(indent) + lines.join('\n').slice(indent);
}

const table = (rows: Readonly<Record<string, string>>, indent: number): string =>
  Object.entries(rows)
    .map(([term, text]) => entry(term, text, indent))
    .join('\n');

function flag(command: CommandName, name: Name): string {
  const { help, placeholder, short } = getRow(name);
  const usual = getDefault(name, command);
  const notes = [
    ...(isList(name) ? ['may be repeated'] : []),
    ...(typeof usual === 'string' || typeof usual === 'number' ? [`default ${usual}`] : []),
  ];
  const variables = listVariables(name).length > 0 ? [`env ${listVariables(name).join(', ')}`] : [];
  const long = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
  const term = (short === undefined ? '    ' : `-${short}, `) + long;
  const text = notes.length > 0 ? `${help} (${notes.join('; ')})` : help;
  return entry(term, [text, ...variables].join('\n'));
}

function formatFlags(command: CommandName): string {
  const names = flagsFor(command);
  return GROUPS.map((group) => ({ group, own: names.filter((name) => getRow(name).group === group) }))
    .filter(({ own }) => own.length > 0)
    .map(({ group, own }) => [`${group}:`, ...own.map((name) => flag(command, name))].join('\n'))
    .join('\n\n');
}

const CONFIGURATION = `\
A flag overrides its environment variable, which overrides the config file. If a
flag may be repeated, its variable has one value per line. The config file is
YAML or JSON: mock-veridas.config.yaml, .yml or .json in the working directory.
Its keys are the names of the flags without the leading hyphens, and clients,
faults, validations and coverage-ignore:

    port: 4010
    clients:
      - client_id: shop
        client_secret: '...'
        environment: production           # or sandbox
        allowed_ips: [10.0.0.0/8]
        type: confidential                # or public
        grant_type: client-credentials    # or authorization-code
        expires_in: 3600                  # seconds
        scenario: manual
    faults:
      - { client_id: shop, endpoint: token, status: 503, times: 1 }
    validations:
      - { validation_id: my-validation, scenario: agent-late }
    coverage-ignore:
      - { situation: production-client, reason: we have no production client }`;

/** What `--help` prints for a command. */
export function commandHelp(command: CommandName, { usage, about, exitCodes }: CommandHelp): string {
  const operands = OPERANDS[command];
  const call = usage ?? `${command}${operands === undefined ? '' : ` ${operands}`} [FLAGS]`;
  return [
    `Usage: mock-veridas ${call}`,
    wrapped(about, WIDTH).join('\n'),
    formatFlags(command),
    ...(flagsFor(command).includes('config') ? [CONFIGURATION] : []),
    `Exit codes:\n${table(exitCodes, 6)}`,
  ].join('\n\n');
}

/** What `--help` prints without a command: all commands, and the help of the one that runs then. */
export const overview = (commands: Readonly<Record<CommandName, CommandHelp>>): string => `\
mock-veridas is an offline stand-in for Veridas VideocallManager, for tests.
It is unofficial: Veridas neither makes nor endorses it.

Commands (mock-veridas COMMAND --help lists the flags of each):
${table(Object.fromEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary])), 15)}

${commandHelp('start', commands.start)}`;
