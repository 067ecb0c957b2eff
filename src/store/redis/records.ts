import type { JournalEntry } from '../../domain/journal.ts';
import { type Instant, instant } from '../../domain/time.ts';
import type { Token } from '../../domain/token.ts';
import type { Addition, Change, Kind, Kinds, Log, LogEntry, Logs, NumberedRecord, Ref } from '../store.ts';
import { SINGLE_KINDS } from './partition.ts';
import { createShortener, type Shortener, type ShortForm } from './short-form.ts';

/** Records and entries as the scripts get and return them. */

/** A token, whose id is the token itself. */
export const TOKEN: ShortForm<Token> = {
  clientId: 'stored',
  scope: 'stored',
  issuedAt: 'stored',
  expiresIn: 'stored',
  calls: () => [],
  expiredAt: 'stored',
  revokedAt: 'stored',
  accessToken: (id) => id,
};

/** An entry, which belongs to its client. Most have arrived when their client's clock says so. */
export const JOURNAL_ENTRY: ShortForm<JournalEntry> = {
  at: 'stored',
  method: 'stored',
  path: 'stored',
  headers: 'stored',
  from: 'stored',
  status: 'stored',
  form: 'stored',
  query: () => ({}),
  validationId: 'stored',
  receivedAt: (_, { at }) => at,
  clientId: (owner) => owner,
  cause: 'stored',
  reason: 'stored',
  fix: 'stored',
  isSuperseded: 'stored',
  faultId: 'stored',
};

type Values = Kinds & Logs;

/** The short forms, for what there is most of. */
const FORMS: { readonly [N in Kind | Log]: Shortener<Values[N]> | 'whole' } = {
  client: 'whole',
  clock: 'whole',
  token: createShortener<Token>(TOKEN),
  validation: 'whole',
  call: 'whole',
  presence: 'whole',
  scenario: 'whole',
  faults: 'whole',
  finding: 'whole',
  coverage: 'whole',
  counter: 'whole',
  secret: 'whole',
  journal: createShortener<JournalEntry>(JOURNAL_ENTRY),
};

/** @param key the id of a record, or the owner of an entry */
function formatValue<N extends Kind | Log>(name: N, key: string, value: Values[N]): string {
  const form = FORMS[name] as Shortener<Values[N]> | 'whole';
  return JSON.stringify(form === 'whole' ? value : form.shorten(key, value));
}

function restoreValue<N extends Kind | Log>(name: N, key: string, value: unknown): Values[N] {
  const form = FORMS[name] as Shortener<Values[N]> | 'whole';
  return form === 'whole' ? (value as Values[N]) : form.restore(key, value as readonly unknown[]);
}

export function parseRecord<K extends Kind>({ kind, id }: Ref<K>, text: string): NumberedRecord<K> {
  const [version, born, value] = JSON.parse(text) as [number, number, unknown];
  return { version, born: born || version, value: restoreValue(kind, id, value) };
}

export const toInstant = (seconds: string, microseconds: string): Instant =>
  instant(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000));

export const isAddition = (part: Change | Addition): part is Addition => 'log' in part;

/** The field of a record: its kind, and its id as JSON. */
export const toField = (kind: Kind, id: string): string => kind + JSON.stringify(id);

/** The field as a script gets it beside its owner: the kind alone if that has no other record. */
export const toShortField = ({ kind, id }: Ref, owner: string | undefined): string =>
  id === owner && SINGLE_KINDS.includes(kind) ? kind : toField(kind, id);

export function parseField(field: string): Ref<Kind | Log> {
  const [, kind = '', id = ''] = /^([a-z]+)(.*)$/s.exec(field) ?? [];
  return { kind: kind as Kind | Log, id: JSON.parse(id) as string };
}

export const toChangeArguments = ({ ref, owner, version, value }: Change): string[] => [
  toShortField(ref, owner),
  String(version),
  value === undefined ? '' : value === null ? 'null' : formatValue(ref.kind, ref.id, value),
];

export const toAdditionArguments = ({ log, owner, value, maxEntries }: Addition): string[] => [
  log,
  String(maxEntries),
  formatValue(log, owner, value),
];

/** The number of an entry in a stream; the second part of its id is always 0. */
const parseEntryId = (id: string): number => Number(id.split('-', 1)[0]);

const toPairs = <A, B>(flat: readonly unknown[]): [A, B][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as A, flat[2 * i + 1] as B]);

/** Ids and texts of records; no text when one is lost. */
export const parseRecords = <K extends Kind>(kind: K, flat: readonly unknown[]): NumberedRecord<K>[] =>
  toPairs<string, string | null>(flat).flatMap(([id, text]) =>
    text === null ? [] : [parseRecord({ kind, id: JSON.parse(id) as string }, text)],
  );

/** @param owner as JSON */
export const parseEntries = <L extends Log>(log: L, owner: string, flat: readonly unknown[]): LogEntry<L>[] =>
  toPairs<string, string>(flat).map(([id, text]) => ({
    id: parseEntryId(id),
    value: restoreValue(log, JSON.parse(owner) as string, JSON.parse(text)),
  }));

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
