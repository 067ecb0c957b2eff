import { type Instant, instant } from '../../domain/time.ts';
import type {
  Addition,
  Change,
  Kind,
  Log,
  LogEntry,
  Logs,
  NumberedRecord,
  Ref,
  StoredRecord,
} from '../store.ts';

/** Records and entries as the scripts get and return them. */

export function parseNumberedRecord<K extends Kind>(text: string): NumberedRecord<K> {
  const [version, born, value] = JSON.parse(text) as [number, number, NumberedRecord<K>['value']];
  return { version, born: born || version, value };
}

export function parseRecord<K extends Kind>(text: string): StoredRecord<K> {
  const { version, value } = parseNumberedRecord<K>(text);
  return { version, value };
}

export const toInstant = (seconds: string, microseconds: string): Instant =>
  instant(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000));

export const isAddition = (part: Change | Addition): part is Addition => 'log' in part;

/** The field of a record: its kind, and its id as JSON. */
export const toField = (kind: Kind, id: string): string => kind + JSON.stringify(id);

export function parseField(field: string): Ref<Kind | Log> {
  const [, kind = '', id = ''] = /^([a-z]+)(.*)$/s.exec(field) ?? [];
  return { kind: kind as Kind | Log, id: JSON.parse(id) as string };
}

export const toChangeArguments = ({ ref, version, value }: Change): string[] => [
  toField(ref.kind, ref.id),
  String(version),
  value === undefined ? '' : JSON.stringify(value),
];

export const toAdditionArguments = ({ log, value, maxEntries }: Addition): string[] => [
  log,
  String(maxEntries),
  JSON.stringify(value),
];

/** The number of an entry in a stream; the second part of its id is always 0. */
const parseEntryId = (id: string): number => Number(id.split('-', 1)[0]);

export function parseEntries<L extends Log>(flat: readonly string[]): LogEntry<L>[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    id: parseEntryId(flat[2 * i] ?? ''),
    value: JSON.parse(flat[2 * i + 1] ?? '') as Logs[L],
  }));
}

/** Whether a name is one of a log. */
export const IS_LOG: Readonly<Record<Kind | Log, boolean>> = {
  client: false,
  clock: false,
  token: false,
  validation: false,
  call: false,
  presence: false,
  scenario: false,
  faults: false,
  finding: false,
  coverage: false,
  counter: false,
  secret: false,
  journal: true,
};
