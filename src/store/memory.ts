import type { Instant } from '../domain/time.ts';
import type { Change, Found, Kind, Ref, Store } from './store.ts';

interface Entry {
  readonly version: number;
  readonly owner: string;
  readonly value: unknown;
}

/**
 * A store inside this process: gone when it ends.
 *
 * @param systemTime real time, in milliseconds since the epoch
 */
export function memoryStore(systemTime: () => Instant): Store {
  const kinds = new Map<Kind, Map<string, Entry>>();
  const listeners = new Set<(ref: Ref) => void>();
  let versions = 0;

  const records = (kind: Kind) => {
    const known = kinds.get(kind) ?? new Map<string, Entry>();
    kinds.set(kind, known);
    return known;
  };
  const tell = (ref: Ref) => {
    for (const listener of listeners) listener(ref);
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

    async clear(some, owner) {
      const cleared = some.flatMap((kind) =>
        [...records(kind)]
          .filter(([, entry]) => owner === undefined || entry.owner === owner)
          .map(([id]): Ref => ({ kind, id })),
      );
      for (const { kind, id } of cleared) records(kind).delete(id);
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
