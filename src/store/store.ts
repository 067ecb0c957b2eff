import type { Call } from '../domain/call.ts';
import type { Client } from '../domain/client.ts';
import type { ArmedFaults } from '../domain/fault.ts';
import type { Finding } from '../domain/finding.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Presence } from '../domain/presence.ts';
import type { StoredScenario } from '../domain/scenario.ts';
import type { Clock, Instant } from '../domain/time.ts';
import type { Token } from '../domain/token.ts';
import type { Validation } from '../domain/validation.ts';

/** Every kind of record there is, and what one holds. Values are never changed in place. */
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
  /** How many tokens a client was issued, counted only where chance is seeded. */
  counter: { readonly issued: number };
  /** Keys that sign page tickets and access tokens; they outlive a reset, so that an old page is answered and not refused. */
  secret: { readonly value: string };
}
export type Kind = keyof Kinds;

/** Every log there is, and what an entry holds. A log is only added to, and forgets its oldest entries. */
export interface Logs {
  journal: JournalEntry;
}
export type Log = keyof Logs;

/** The identity of a record; of a log, that of the client whose part of it is meant. */
export interface Ref<K extends Kind | Log = Kind> {
  readonly kind: K;
  readonly id: string;
}

/** A record as it was read. Versions only ever grow, also across deletion, so an old one never matches. */
export interface StoredRecord<K extends Kind> {
  readonly version: number;
  readonly value: Kinds[K];
}

/** An entry of a log. Ids only ever grow, over the parts of all clients. */
export interface LogEntry<L extends Log> {
  readonly id: number;
  readonly value: Logs[L];
}

/** Records read together, at one instant of the store's own real time. */
export interface StoreSnapshot<R extends readonly Ref[]> {
  readonly realTime: Instant;
  readonly found: { readonly [I in keyof R]: StoredRecord<R[I]['kind']> | undefined };
}

/**
 * One record's part in a swap. `version` is the one that the decision was made on, 0 for "there was none".
 * Without `value` the record is only required to be unchanged; `null` deletes it.
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

/** The store cannot be reached now; the message says which it is and why, for whoever runs the simulator. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/**
 * Where everything is kept. It holds no rule: the rule reads, decides and swaps, and is asked again when
 * another was faster. Whatever implements this passes `storeSuite`; all of it may throw {@link StoreUnavailable},
 * after two seconds at the latest.
 */
export interface Store {
  read<const R extends readonly Ref[]>(...refs: R): Promise<StoreSnapshot<R>>;
  /** All changes or none: false when any version is no longer the present one. */
  swap(...changes: readonly Change[]): Promise<boolean>;
  /** Records of one kind, the first written first; of one owner, if named. */
  list<K extends Kind>(kind: K, owner?: string): Promise<StoredRecord<K>[]>;
  /** Adds to a client's part of a log, which keeps no more than the last `most` entries. */
  append<L extends Log>(log: L, owner: string, entry: Logs[L], maxEntries: number): Promise<void>;
  /** Entries of a log, oldest first, behind the one with the id `after`; of one client's part, if named. */
  entries<L extends Log>(log: L, owner?: string, after?: number): Promise<LogEntry<L>[]>;
  /** Deletes records of these kinds and entries of these logs at once; of one owner, if named. */
  clear(kinds: readonly (Kind | Log)[], owner?: string): Promise<void>;
  /**
   * Calls `listener` soon after a record or log has changed. Only a hint: it may come late, repeatedly, or never, so
   * whoever listens also looks by itself once a second.
   */
  watch(listener: (changed: Ref<Kind | Log>) => void): () => void;
  close(): Promise<void>;
}
