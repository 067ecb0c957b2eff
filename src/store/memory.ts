import type { Instant } from '../domain/time.ts';
import type { Change, Found, Kind, Log, Logged, Logs, Ref, Store } from './store.ts';

interface Entry {
  readonly version: number;
  readonly owner: string;
  readonly value: unknown;
}

/** What one client has in a log. */
interface Part {
  most: number;
  readonly entries: Logged<Log>[];
}

/** The entries that count, behind the one with the id `after`. */
const latestOf = ({ most, entries }: Part, after: number): Logged<Log>[] =>
  entries.slice(Math.max(0, entries.length - most, entries.findLastIndex(({ id }) => id <= after) + 1));

function added<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}

/** So many entries too many are kept, because to cut a list at its front is dear. */
const SLACK = 1000;

/**
 * A store inside this process: gone when it ends.
 *
 * @param systemTime real time, in milliseconds since the epoch
 */
export function memoryStore(systemTime: () => Instant): Store {
  const kinds = new Map<Kind, Map<string, Entry>>();
  const logs = new Map<Log, Map<string, Part>>();
  const listeners = new Set<(changed: Ref<Kind | Log>) => void>();
  let versions = 0;
  let appended = 0;

  const records = (kind: Kind) => kinds.get(kind) ?? added(kinds, kind, new Map<string, Entry>());
  const parts = (log: Log) => logs.get(log) ?? added(logs, log, new Map<string, Part>());
  const tell = (changed: Ref<Kind | Log>) => {
    for (const listener of listeners) listener(changed);
  };
  const isCurrent = ({ ref, version }: Change) => (records(ref.kind).get(ref.id)?.version ?? 0) === version;
  const apply = ({ ref, owner, value }: Change) => {
    if (value === null) records(ref.kind).delete(ref.id);
    else records(ref.kind).set(ref.id, { version: ++versions, owner, value });
  };

  return {
    async read(...refs) {
      const found = refs.map(({ kind, id }) => records(kind).get(id));
      return { realTime: systemTime(), found: found as never };
    },

    async swap(...changes) {
      if (!changes.every(isCurrent)) return false;
      const written = changes.filter(({ value }) => value !== undefined);
      written.forEach(apply);
      // Told only when all is written: a listener must never see half a swap.
      for (const { ref } of written) tell(ref);
      return true;
    },

    async list<K extends Kind>(kind: K, owner?: string) {
      const all = [...records(kind).values()];
      return (owner === undefined
        ? all
        : all.filter((entry) => entry.owner === owner)) as unknown as Found<K>[];
    },

    async append<L extends Log>(log: L, owner: string, value: Logs[L], most: number) {
      const part = parts(log).get(owner) ?? added(parts(log), owner, { most, entries: [] });
      part.most = most;
      part.entries.push({ id: ++appended, value });
      if (part.entries.length > most + SLACK) part.entries.splice(0, part.entries.length - most);
      tell({ kind: log, id: owner });
    },

    async entries<L extends Log>(log: L, owner?: string, after = 0) {
      const of = owner === undefined ? [...parts(log).values()] : [parts(log).get(owner)];
      return of
        .flatMap((part) => (part === undefined ? [] : latestOf(part, after)))
        .sort((a, b) => a.id - b.id) as Logged<L>[];
    },

    async clear(some, owner) {
      const isMeant = (of: string) => owner === undefined || of === owner;
      const cleared: Ref<Kind | Log>[] = [];
      for (const kind of some) {
        const found = kinds.get(kind as Kind);
        for (const [id, entry] of found ?? []) {
          if (isMeant(entry.owner) && found?.delete(id)) cleared.push({ kind, id });
        }
        const log = logs.get(kind as Log);
        for (const id of log?.keys() ?? []) {
          if (isMeant(id) && log?.delete(id)) cleared.push({ kind, id });
        }
      }
      for (const ref of cleared) tell(ref);
    },

    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      listeners.clear();
    },
  };
}
