import { findMismatches } from '../control/schema/mismatch.ts';
import { isList, itemOf, kindOf, type Name } from './table.ts';

/** A value that was given for an option. */
export interface Given {
  readonly value: unknown;
  /** The sentence that blames it, or its entry at `index`, by the place where it was given. */
  readonly blame: (message: string, index?: number) => string;
  /** From where a relative path starts. */
  readonly folder: string;
}

/** What one source of options gives, and what is wrong in it. */
export interface Source {
  readonly given: Readonly<Partial<Record<Name, Given>>>;
  readonly faults: readonly string[];
}

const SWITCH = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

/** Whether `written` means on or off, or itself where it means neither. */
export const toSwitch = (written: unknown): unknown => SWITCH.get(String(written).toLowerCase()) ?? written;

/** What a text says as a value of some kind, or the text itself when it says nothing, to be complained of. */
const READ: Record<ReturnType<typeof kindOf>, (text: string) => unknown> = {
  number: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
  switch: toSwitch,
  text: (text) => text,
};

/** What `texts`, given for `name` at `place`, say; only an option that is a list has use for several. */
export function readTexts(name: Name, place: string, texts: readonly string[], folder: string): Source {
  const values = (isList(name) ? texts : texts.slice(-1)).map((text) => READ[kindOf(name)](text));
  const blame = (message: string, index?: number) =>
    `${values.length > 1 && index !== undefined ? `${place} (${index + 1})` : place}: ${message}`;
  const faults = values.flatMap((value, index) =>
    findMismatches(itemOf(name), value).map(({ message }) => blame(message, index)),
  );
  const value = isList(name) ? values : values[0];
  return faults.length > 0 ? { given: {}, faults } : { given: { [name]: { value, blame, folder } }, faults };
}

/** Several sources as one. */
export const merged = (sources: readonly Source[]): Source => ({
  given: Object.assign({}, ...sources.map(({ given }) => given)),
  faults: sources.flatMap(({ faults }) => faults),
});
