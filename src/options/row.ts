import { type TSchema, Type } from 'typebox';

/** The commands, each with what it takes beside flags. */
export const OPERANDS = {
  start: undefined,
  init: '[DIR]',
  exec: undefined,
  validate: 'FILE...',
  verify: 'PACT...',
  report: undefined,
  healthcheck: undefined,
} as const;

export type CommandName = keyof typeof OPERANDS;
export const COMMAND_NAMES = Object.keys(OPERANDS) as CommandName[];

/** What can be given an option: a command, or the library (`startMock`). */
export type Taker = CommandName | 'library';

/** The headings of `--help`, in their order. */
export const GROUPS = [
  'Server',
  'Clients and tokens',
  'Calls',
  'Control API',
  'Storage',
  'Logging',
  'Verification',
  'Pact broker',
  'Results',
  'General',
] as const;

/** One option: its flag, environment variable, key of the config file and help follow from its row. */
export interface Row {
  /** Anything else that is given it is an error. */
  readonly for: readonly Taker[];
  readonly group: (typeof GROUPS)[number];
  /** What a value must be; a list makes the flag repeatable, a boolean needs no value. */
  readonly schema: TSchema;
  readonly placeholder?: string;
  readonly help: string;
  readonly default?: unknown;
  /** Defaults of some takers that differ. */
  readonly defaultFor?: Readonly<Partial<Record<Taker, unknown>>>;
  readonly short?: string;
  /** Its environment variables, of which the first that is set counts; by default MOCK_VERIDAS_ and its name. */
  readonly variables?: readonly string[];
  /** It is no key of the config file. */
  readonly inFile?: false;
  /** A relative path starts at the working directory, or at the folder of the config file. */
  readonly isPath?: true;
  /** The flag without which this one has no meaning. */
  readonly needs?: string;
}

export const text = (title: string, description: string, pattern: string, more = {}) =>
  Type.String({ pattern, title, description, ...more });

export const path = (title: string) => text(title, 'a path', '^[^\\0]+$');

const SWITCH = { title: 'switch value', description: 'true, false, 1, 0, yes or no' };

/** On or off. */
export const Switch = Type.Boolean(SWITCH);

/** What a row of a switch has that is off unless it is given. */
export const onOff = (help: string) => ({ schema: Switch, help, default: false }) as const;

/** The same as it may be written in a config file. */
export const WrittenSwitch = Type.Union(
  [
    Type.Boolean(),
    Type.Enum([0, 1]),
    Type.String({
      pattern: '^(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|1|0)$',
    }),
  ],
  SWITCH,
);

export const WEB_HOST = '(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?';
