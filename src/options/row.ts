import type { TSchema } from 'typebox';
import * as Type from 'typebox';

/** The commands with their operands. */
export const OPERANDS = {
  start: undefined,
  init: '[DIR]',
  exec: undefined,
  validate: 'FILE...',
  verify: 'PACT...',
  report: '[DIR...]',
  compare: undefined,
  healthcheck: undefined,
} as const;

export type CommandName = keyof typeof OPERANDS;
export const COMMAND_NAMES = Object.keys(OPERANDS) as CommandName[];

/** What takes an option: a command, or the library (`startMock`). */
export type Taker = CommandName | 'library';

/** The headings of `--help`, in order. */
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

/** One option. Its flag, environment variable, config key and help follow from its row. */
export interface Row {
  /** Everything else rejects it. */
  readonly for: readonly Taker[];
  readonly group: (typeof GROUPS)[number];
  /** Schema of the value; a list makes the flag repeatable, a boolean needs no value. */
  readonly schema: TSchema;
  readonly placeholder?: string;
  /** What the flag means without a value. */
  readonly bare?: string;
  readonly help: string;
  readonly default?: unknown;
  /** Defaults that differ for some takers. */
  readonly defaultFor?: Readonly<Partial<Record<Taker, unknown>>>;
  readonly short?: string;
  /** Environment variables; the first that is set counts. By default MOCK_VERIDAS_ and the option's name. */
  readonly variables?: readonly string[];
  /** It is not a key of the config file. */
  readonly inFile?: false;
  /** A relative path is resolved against the working directory, or against the folder of the config file. */
  readonly isPath?: true;
  /** The flag that this one needs. */
  readonly needs?: string;
}

export const text = (title: string, description: string, pattern: string, more = {}) =>
  Type.String({ pattern, title, description, ...more });

export const path = (title: string) => text(title, 'a path', '^[^\\0]+$');

const SWITCH = { title: 'switch value', description: 'true, false, 1, 0, yes or no' };

/** On or off. */
export const Switch = Type.Boolean(SWITCH);

/** A switch that is off by default. */
export const onOff = (help: string) => ({ schema: Switch, help, default: false }) as const;

/** A switch as a config file may write it. */
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

/** Flag only: no environment variable or config key sets it. */
export const FLAG_ONLY = { variables: [], inFile: false } as const;

/** A text that is checked elsewhere. */
export const anyText = (placeholder: string, title: string, help: string, more = {}) => ({
  placeholder,
  schema: Type.String({ title, ...more }),
  help,
});

/** It may contain a password, so messages do not repeat it. */
export const Address = Type.Refine(
  Type.String({ title: 'address', description: 'one such as http://127.0.0.1:4010', writeOnly: true }),
  (given) => /^https?:\/\//.test(given) && URL.canParse(given),
);
