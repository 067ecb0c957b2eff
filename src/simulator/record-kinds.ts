import type { Kind, Log, Ref } from '../store/store.ts';

/** What the simulator knows of a kind of record, or of a log. */
interface RecordKind {
  /** Which reset empties it: that of its client, only the full one, or none. */
  readonly clearedBy: 'client reset' | 'full reset' | 'no reset';
  /** Its id is one text, or a JSON list that begins with the id of its client. */
  readonly id: 'text' | 'list';
}

export const RECORD_KINDS: Readonly<Record<Kind | Log, RecordKind>> = {
  client: { clearedBy: 'full reset', id: 'text' },
  clock: { clearedBy: 'client reset', id: 'text' },
  token: { clearedBy: 'client reset', id: 'text' },
  validation: { clearedBy: 'client reset', id: 'list' },
  call: { clearedBy: 'client reset', id: 'list' },
  presence: { clearedBy: 'client reset', id: 'list' },
  scenario: { clearedBy: 'client reset', id: 'list' },
  faults: { clearedBy: 'client reset', id: 'text' },
  finding: { clearedBy: 'client reset', id: 'list' },
  counter: { clearedBy: 'client reset', id: 'text' },
  secret: { clearedBy: 'no reset', id: 'text' },
  journal: { clearedBy: 'client reset', id: 'text' },
};

const clearedBy = (...resets: readonly RecordKind['clearedBy'][]) =>
  (Object.keys(RECORD_KINDS) as (Kind | Log)[]).filter((kind) =>
    resets.includes(RECORD_KINDS[kind].clearedBy),
  );

/** All that a client has beside its credentials. */
export const OWNED_BY_CLIENT = clearedBy('client reset');

/** All that goes when a client does. */
export const CLIENT_AND_OWNED = clearedBy('client reset', 'full reset');

/** Whose a record or log is, of a kind whose id names its client. */
export const ownerOf = ({ kind, id }: Ref<Kind | Log>): string =>
  RECORD_KINDS[kind].id === 'list' ? (JSON.parse(id) as [string])[0] : id;
