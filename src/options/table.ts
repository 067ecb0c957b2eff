import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';
import { BROKER_ROWS } from './broker-rows.ts';
import { COMMAND_ROWS } from './command-rows.ts';
import type { CommandName, Row, Taker } from './row.ts';
import { SIMULATOR_ROWS } from './simulator-rows.ts';

/** Every option, by the name of its flag. */
const ROWS = { ...SIMULATOR_ROWS, ...COMMAND_ROWS, ...BROKER_ROWS };

export type Rows = typeof ROWS;
export type Name = keyof Rows;
export const NAMES = Object.keys(ROWS) as Name[];

/** The row of `name`, with every field a row may have. */
export const getRow = (name: Name): Row => ROWS[name];

type Camel<Key> = Key extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;

/** The camelCase name of an option. */
export const camelCase = (name: Name): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

type TakenBy<T extends Taker, R extends Record<string, Row>> = {
  [N in keyof R]: T extends R[N]['for'][number] ? N : never;
}[keyof R];

/** Options that are read before a command runs. */
const READ_FIRST = ['help', 'version', 'config'] as const satisfies Name[];

/** The options that `T` takes; those with a default always have a value. */
export type OptionsFor<T extends Taker, R extends Record<string, Row> = Rows> = {
  readonly [N in Exclude<TakenBy<T, R>, (typeof READ_FIRST)[number]> as Camel<N>]:
    | Static<R[N]['schema']>
    | (R[N] extends { readonly default: unknown } ? never : undefined);
};

/** The rest of options after all were read. An option that nothing reads must not compile. */
export type AllRead = Readonly<Record<string, never>>;

/** Options without keys beyond `Known`: a caller would leave those unread. */
export type Only<Known, O> = O & { readonly [Key in Exclude<keyof O, keyof Known>]: never };

export const isTakenBy = (taker: Taker, name: Name): boolean => getRow(name).for.includes(taker);

/** The names of the flags that a command takes. */
export const flagsFor = (command: CommandName): Name[] => NAMES.filter((name) => isTakenBy(command, name));

/** The names of {@link OptionsFor}. */
export const namesFor = (taker: Taker): Name[] =>
  NAMES.filter((name) => isTakenBy(taker, name) && !(READ_FIRST as readonly Name[]).includes(name));

/** Whether `name` can be given several times. */
export const isList = (name: Name): boolean => Type.IsArray(getRow(name).schema);

/** The schema of one value of `name`. */
export function getItemSchema(name: Name): TSchema {
  const { schema } = getRow(name);
  return Type.IsArray(schema) ? schema.items : schema;
}

/** The kind of value to parse for `name`. */
export function getKind(name: Name): 'number' | 'switch' | 'text' {
  const item = getItemSchema(name);
  return Type.IsInteger(item) ? 'number' : Type.IsBoolean(item) ? 'switch' : 'text';
}

/** The default of `name` for `taker`. */
export function getDefault(name: Name, taker: Taker): unknown {
  const { default: usual, defaultFor } = getRow(name);
  return defaultFor?.[taker] ?? usual;
}
