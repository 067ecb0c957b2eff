import type { Instant } from '../domain/time.ts';
import { nextRound } from '../system/timers.ts';
import type {
  Addition,
  Change,
  ChangeListener,
  Kind,
  Log,
  LogEntry,
  NumberedRecord,
  Range,
  Ref,
  Store,
} from './store.ts';

interface Entry {
  readonly version: number;
  readonly born: number;
  readonly owner: string;
  readonly value: unknown;
}

/** One client's part of a log. */
interface LogPart {
  maxEntries: number;
  readonly entries: LogEntry<Log>[];
}

/** The entries within the limit, after the one with the id `after`. */
const getLatestEntries = ({ maxEntries, entries }: LogPart, after = 0): LogEntry<Log>[] =>
  entries.slice(Math.max(0, entries.length - maxEntries, entries.findLastIndex(({ id }) => id <= after) + 1));

function setAndReturn<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}

/** How many entries beyond the limit are kept, because removing from the front of an array is expensive. */
const TRIM_SLACK = 1000;

const PAGE_SIZE = 500;

/** Yields pages; other work is done between them. */
async function* split<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let first = 0; first < all.length; first += PAGE_SIZE) {
    if (first > 0) await nextRound();
    yield all.slice(first, first + PAGE_SIZE);
  }
}

/**
 * A store inside this process: gone when it ends.
 *
 * @param systemTime real time, in milliseconds since the epoch
 */
export function createMemoryStore(systemTime: () => Instant): Store {
  const kinds = new Map<Kind, Map<string, Entry>>();
  const logs = new Map<Log, Map<string, LogPart>>();
  const listeners = new Map<ChangeListener, string | undefined>();
  let versions = 0;
  let appended = 0;

  const getRecords = (kind: Kind) => kinds.get(kind) ?? setAndReturn(kinds, kind, new Map<string, Entry>());
  const getParts = (log: Log) => logs.get(log) ?? setAndReturn(logs, log, new Map<string, LogPart>());
  const notify = (changed: Ref<Kind | Log>, owner: string) => {
    for (const [listener, of] of listeners)
      if (of === undefined || owner === of || owner === '') listener(changed);
  };
  const isCurrent = (part: Change | Addition) =>
    'log' in part || (getRecords(part.ref.kind).get(part.ref.id)?.version ?? 0) === part.version;
  const append = ({ log, owner, value, maxEntries }: Addition) => {
    const part = getParts(log).get(owner) ?? setAndReturn(getParts(log), owner, { maxEntries, entries: [] });
    part.maxEntries = maxEntries;
    part.entries.push({ id: ++appended, value });
    if (part.entries.length > maxEntries + TRIM_SLACK)
      part.entries.splice(0, part.entries.length - maxEntries);
  };
  const apply = ({ ref, version, owner, value }: Change) => {
    const records = getRecords(ref.kind);
    if (value === null) return void records.delete(ref.id);
    versions += 1;
    // Version 0 means that there is no record: without the look-up, a token costs 1 % less.
    const born = version === 0 ? versions : (records.get(ref.id)?.born ?? versions);
    records.set(ref.id, { version: versions, born, owner, value });
  };

  function list<K extends Kind>(kind: K, owner?: string) {
    const all = [...getRecords(kind).values()];
    return (owner === undefined
      ? all
      : all.filter((entry) => entry.owner === owner)) as unknown as NumberedRecord<K>[];
  }

  const listParts = (log: Log, owner: string | undefined) => {
    const some = owner === undefined ? [...getParts(log).values()] : [getParts(log).get(owner)];
    return some.filter((part) => part !== undefined);
  };

  return {
    check() {},

    read(...refs) {
      const found = refs.map(({ kind, id }) => getRecords(kind).get(id));
      return { realTime: systemTime(), found: found as never };
    },

    swap(...parts) {
      if (!parts.every(isCurrent)) return false;
      for (const part of parts) {
        if ('log' in part) append(part);
        else if (part.value !== undefined) apply(part);
      }
      // Notified after all is written: a listener must never see half a swap.
      if (listeners.size > 0)
        for (const part of parts)
          if (part.value !== undefined)
            notify('log' in part ? { kind: part.log, id: part.owner } : part.ref, part.owner);
      return true;
    },

    list: async (kind, owner) => list(kind, owner),

    async *pages(kind, owner) {
      yield* split(list(kind, owner).reverse());
    },

    async page(kind, limit, { owner, after = 0, newestFirst = false } = {}) {
      const all = list(kind, owner);
      const first = newestFirst ? Math.max(0, all.length - limit) : all.findIndex(({ born }) => born > after);
      const records = first < 0 ? [] : all.slice(first, first + limit);
      return newestFirst ? records.reverse() : records;
    },

    async *entries<L extends Log>(log: L, { owner, after, newestFirst = false }: Range = {}) {
      const all = listParts(log, owner).flatMap((part) => getLatestEntries(part, after) as LogEntry<L>[]);
      yield* split(all.sort((a, b) => (newestFirst ? b.id - a.id : a.id - b.id)));
    },

    count: async (name, owner) =>
      listParts(name as Log, owner).reduce(
        (sum, part) => sum + Math.min(part.maxEntries, part.entries.length),
        list(name as Kind, owner).length,
      ),

    async clear(some, owner) {
      const isOwned = (of: string) => owner === undefined || of === owner;
      const cleared: [Ref<Kind | Log>, owner: string][] = [];
      for (const kind of some) {
        const found = kinds.get(kind as Kind);
        for (const [id, entry] of found ?? []) {
          if (isOwned(entry.owner) && found?.delete(id)) cleared.push([{ kind, id }, entry.owner]);
        }
        const log = logs.get(kind as Log);
        for (const id of log?.keys() ?? []) {
          if (isOwned(id) && log?.delete(id)) cleared.push([{ kind, id }, id]);
        }
      }
      for (const one of cleared) notify(...one);
    },

    watch(listener, owner) {
      const own: ChangeListener = (changed) => listener(changed);
      listeners.set(own, owner);
      return () => listeners.delete(own);
    },

    async close() {
      listeners.clear();
    },
  };
}
