import type { Call } from '../domain/call.ts';
import type { Client } from '../domain/client.ts';
import type { Eventual } from '../domain/eventual.ts';
import type { ArmedFaults } from '../domain/fault.ts';
import type { Finding } from '../domain/finding.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Coverage } from '../domain/played.ts';
import type { Presence } from '../domain/presence.ts';
import type { StoredScenario } from '../domain/scenario.ts';
import type { Clock, Instant } from '../domain/time.ts';
import type { Token } from '../domain/token.ts';
import type { Validation } from '../domain/validation.ts';

/** Every kind of record, and its type. Values are never changed in place. */
export interface Kinds {
  client: Client;
  clock: Clock;
  token: Token;
  validation: Validation;
  call: Call;
  presence: Presence;
  scenario: StoredScenario;
  faults: ArmedFaults;
  finding: Finding;
  coverage: Coverage;
  /** How many tokens a client was issued; counted only with a random seed. */
  counter: { readonly issued: number };
  /** Keys that sign page tickets and access tokens. They survive a reset, so that old pages are answered and not refused. */
  secret: { readonly value: string };
}
export type Kind = keyof Kinds;

/** Every log, and the type of its entries. A log is only appended to, and drops its oldest entries. */
export interface Logs {
  journal: JournalEntry;
}
export type Log = keyof Logs;

/** The identity of a record; of a log, the client whose part is meant. */
export interface Ref<K extends Kind | Log = Kind> {
  readonly kind: K;
  readonly id: string;
}

/** A record as it was read. Versions only grow, even across deletion, so an old one never matches. */
export interface StoredRecord<K extends Kind> {
  readonly version: number;
  readonly value: Kinds[K];
}

/** A record with its number in the order of creation, which never changes. */
export interface NumberedRecord<K extends Kind> extends StoredRecord<K> {
  readonly born: number;
}

/** Which part of a kind or log is meant. Without an owner, it is that of all. */
export interface Range {
  readonly owner?: string | undefined;
  /** Only what comes after this number, or id. */
  readonly after?: number | undefined;
  readonly newestFirst?: boolean;
}

/** An entry of a log. Ids only grow, across all clients. */
export interface LogEntry<L extends Log> {
  readonly id: number;
  readonly value: Logs[L];
}

/** Records read together, at one instant of the store's real time. */
export interface StoreSnapshot<R extends readonly Ref[]> {
  readonly realTime: Instant;
  readonly found: { readonly [I in keyof R]: StoredRecord<R[I]['kind']> | undefined };
}

/**
 * One record's part in a swap. `version` is the one the decision was based on, 0 for "no record". Without `value` the record
 * must only be unchanged; `null` deletes it.
 */
export type Change = {
  [K in Kind]: {
    readonly ref: Ref<K>;
    readonly version: number;
    /** The client to whom the record belongs, for `list` and `clear`. */
    readonly owner: string;
    readonly value?: Kinds[K] | null;
  };
}[Kind];

/** An entry to append to a client's part of a log, which keeps the last `maxEntries` entries. */
export type Addition = {
  [L in Log]: {
    readonly log: L;
    readonly owner: string;
    readonly value: Logs[L];
    readonly maxEntries: number;
  };
}[Log];

/** Gets each record or log that has changed; nothing when changes may have been missed. */
export type ChangeListener = (changed?: Ref<Kind | Log>) => void;

/** The store cannot be reached now; the message says which store and why, for the operator. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  /** By its name: Jest loads this class once more than the server does. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return (value as Error | null)?.name === 'StoreUnavailable';
  }
}

/**
 * Where all state is kept. It holds no rules: a use case reads, decides and swaps, and starts over after a conflict. Every
 * implementation passes `storeSuite`. All methods may throw {@link StoreUnavailable}, after two seconds at the latest.
 */
export interface Store {
  /** Whether it can be read and written. @throws {StoreUnavailable} it cannot */
  check(): Eventual<void>;
  /** The records of one client, and of all, are read at one instant; more than a few hundred, in parts. */
  read<const R extends readonly Ref[]>(...refs: R): Eventual<StoreSnapshot<R>>;
  /**
   * Changes and additions of one client, or of all clients together: all or none. False when any version is no longer the
   * present one.
   */
  swap(...parts: readonly (Change | Addition)[]): Eventual<boolean>;
  /** Records of one kind, oldest first; of one owner, if named. Records that are written meanwhile may be missing. */
  list<K extends Kind>(kind: K, owner?: string): Promise<StoredRecord<K>[]>;
  /** Like {@link list}, in parts of a few hundred: owner by owner, and newest first within each. */
  pages<K extends Kind>(kind: K, owner?: string): AsyncIterable<readonly NumberedRecord<K>[]>;
  /** At most `limit` records of a kind, in the order of creation. */
  page<K extends Kind>(kind: K, limit: number, range?: Range): Promise<readonly NumberedRecord<K>[]>;
  /** Entries of a log in the order of their ids, in parts of a few hundred. */
  entries<L extends Log>(log: L, range?: Range): AsyncIterable<readonly LogEntry<L>[]>;
  /** How many records or entries there are; of one owner, if named. */
  count(name: Kind | Log, owner?: string): Promise<number>;
  /**
   * Deletes records of these kinds and entries of these logs; of one owner, if named. The first kind is deleted first, and
   * many records are deleted in parts, so that requests are answered meanwhile.
   */
  clear(kinds: readonly (Kind | Log)[], owner?: string): Promise<void>;
  /**
   * Calls `listener` soon after a record or log of a client, or of all clients together, has changed; without an owner, of
   * anyone. Notifications may come late or repeatedly. Once this resolves, none is missed without a call that names no change.
   */
  watch(listener: ChangeListener, owner?: string): Eventual<() => void>;
  close(): Promise<void>;
}
