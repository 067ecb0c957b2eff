import { findMismatches } from '../control/schema/mismatch.ts';
import { getItemSchema, getKind, isList, type Name } from './table.ts';

/** A value given for an option. */
export interface Given {
  readonly value: unknown;
  /** Formats a message about it, or about its entry at `index`, with the place where it was given. */
  readonly blame: (message: string, index?: number) => string;
  /** Relative paths are resolved against it. */
  readonly folder: string;
}

/** The options from one source, and the problems in it. */
export interface Source {
  readonly given: Readonly<Partial<Record<Name, Given>>>;
  readonly problems: readonly string[];
}

const SWITCH = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

/** The boolean that `written` stands for, or `written` itself when it stands for none. */
export const toSwitch = (written: unknown): unknown => SWITCH.get(String(written).toLowerCase()) ?? written;

/** Parses a text by kind. An invalid text is returned as it is, for the schema to reject. */
const READ: Record<ReturnType<typeof getKind>, (text: string) => unknown> = {
  number: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
  switch: toSwitch,
  text: (text) => text,
};

/** The value of `texts`, given for `name` at `place`; only a list option uses more than one. */
export function readTexts(name: Name, place: string, texts: readonly string[], folder: string): Source {
  const values = (isList(name) ? texts : texts.slice(-1)).map((text) => READ[getKind(name)](text));
  const blame = (message: string, index?: number) =>
    `${values.length > 1 && index !== undefined ? `${place} (${index + 1})` : place}: ${message}`;
  const problems = values.flatMap((value, index) =>
    findMismatches(getItemSchema(name), value).map(({ message }) => blame(message, index)),
  );
  const value = isList(name) ? values : values[0];
  return problems.length > 0
    ? { given: {}, problems }
    : { given: { [name]: { value, blame, folder } }, problems };
}

/** Merges several sources. */
export const merged = (sources: readonly Source[]): Source => ({
  given: Object.assign({}, ...sources.map(({ given }) => given)),
  problems: sources.flatMap(({ problems }) => problems),
});
