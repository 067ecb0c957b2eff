import type { Kind, Log, Ref } from '../store/store.ts';

/** Properties of a kind of record, or of a log. */
interface RecordKind {
  /** Which reset deletes it: that of its client, only the full one, or none. */
  readonly clearedBy: 'client reset' | 'full reset' | 'no reset';
  /** Its id is either one text, or a JSON array that begins with the id of its client. */
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
  coverage: { clearedBy: 'client reset', id: 'text' },
  counter: { clearedBy: 'client reset', id: 'text' },
  secret: { clearedBy: 'no reset', id: 'text' },
  journal: { clearedBy: 'client reset', id: 'text' },
};

const clearedBy = (...resets: readonly RecordKind['clearedBy'][]) =>
  (Object.keys(RECORD_KINDS) as (Kind | Log)[]).filter((kind) =>
    resets.includes(RECORD_KINDS[kind].clearedBy),
  );

/** Everything that belongs to a client, except its credentials. */
export const OWNED_BY_CLIENT = clearedBy('client reset');

/** Everything that is deleted with a client. */
export const CLIENT_AND_OWNED = clearedBy('client reset', 'full reset');

/** The client that a record or log belongs to, for kinds whose id contains it. */
export const getOwner = ({ kind, id }: Ref<Kind | Log>): string =>
  RECORD_KINDS[kind].id === 'list' ? (JSON.parse(id) as [string])[0] : id;
