import { type Instant, instant } from '../../domain/time.ts';
import type { Change, Found, Kind, Log, Logged, Logs, Ref, Store } from '../store.ts';
import { type Run, redisConnection } from './connection.ts';

/** Where a Redis is, and what is to be done with it. */
export interface RedisStoreOptions {
  /**
   * `redis://USER:PASSWORD@HOST:PORT/DB`, `rediss://` for TLS, or `unix://USER:PASSWORD@PATH?db=N`; only the host or
   * path must be given.
   */
  readonly url: string;
  /** Stands before every key and channel, and keeps apart what shares a server. */
  readonly prefix: string;
  /** Told, once each, when the store goes away and when it is back. */
  readonly tell: (line: string) => void;
  /** Lets what must be there be there again, when the server has lost everything. */
  readonly refill: (store: Store) => Promise<void>;
}

/** So many entries of a log are asked for at a time, so that nobody else waits for long. */
const PAGE = 1_000;

/** An owner, or nothing for all; as JSON the empty name is another. */
const ownerOr = (owner: string | undefined): string => (owner === undefined ? '' : JSON.stringify(owner));

type Stored<K extends Kind> = Found<K> & { readonly born: number };

function storedOf<K extends Kind>(text: string): Stored<K> {
  const [version, born, , , value] = JSON.parse(text) as [number, number, number, string, Stored<K>['value']];
  return { version, born, value };
}

function foundOf<K extends Kind>(text: string): Found<K> {
  const { version, value } = storedOf<K>(text);
  return { version, value };
}

const timeOf = (seconds: string, microseconds: string): Instant =>
  instant(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000));

const argumentsOf = ({ ref, version, owner, value }: Change): string[] => [
  ref.kind,
  JSON.stringify(ref.id),
  String(version),
  JSON.stringify(owner),
  value === undefined ? '' : JSON.stringify(value),
];

/** An entry's id in a stream, of which the second number is always nought. */
const idOf = (id: string): number => Number(id.split('-', 1)[0]);

function pairsOf<L extends Log>(flat: readonly string[]): Logged<L>[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    id: idOf(flat[2 * i] ?? ''),
    value: JSON.parse(flat[2 * i + 1] ?? '') as Logs[L],
  }));
}

/** Everything of a store that is asked of the server. */
function storeOver(run: Run): Omit<Store, 'watch' | 'close'> {
  /** What an owner has in a log from `first` to `last`. */
  async function part<L extends Log>(log: L, owner: string, first: number, last: string) {
    const found: Logged<L>[] = [];
    for (let from = first, full = true; full; from = (found.at(-1)?.id ?? from) + 1) {
      const page = (await run('PART', log, owner, `${from}`, last, `${PAGE}`)) as string[];
      found.push(...pairsOf<L>(page));
      full = page.length === 2 * PAGE;
    }
    return found;
  }

  return {
    async read(...refs) {
      const asked = refs.flatMap(({ kind, id }) => [kind, JSON.stringify(id)]);
      const [seconds, microseconds, ...found] = (await run('READ', ...asked)) as [
        string,
        string,
        ...(string | null)[],
      ];
      return {
        realTime: timeOf(seconds, microseconds),
        found: found.map((text) => (text === null ? undefined : foundOf(text))) as never,
      };
    },

    swap: async (...changes) => (await run('SWAP', ...changes.flatMap(argumentsOf))) === 1,

    async list<K extends Kind>(kind: K, owner?: string) {
      const found = (await run('LIST', kind, ownerOr(owner))) as string[];
      return found
        .map((text) => storedOf<K>(text))
        .sort((a, b) => a.born - b.born)
        .map(({ version, value }): Found<K> => ({ version, value }));
    },

    async append(log, owner, entry, most) {
      await run('APPEND', log, JSON.stringify(owner), String(most), JSON.stringify(entry));
    },

    async entries<L extends Log>(log: L, owner?: string, after = 0) {
      if (owner !== undefined) return part(log, JSON.stringify(owner), after + 1, '+');
      // No further than this: what comes while the parts are read would be there of one and missing of another.
      const [last, owners] = (await run('PARTS', log)) as [string, string[]];
      const parts = await Promise.all(owners.map((one) => part(log, one, after + 1, last)));
      return parts.flat().sort((a, b) => a.id - b.id);
    },

    async clear(some, owner) {
      await run('CLEAR', ownerOr(owner), ...some);
    },
  };
}

/**
 * A store on Redis or Valkey, for any number of instances at once. It is gone when the server forgets it.
 *
 * @throws {StoreUnavailable} the server cannot be reached within a few seconds, or does not let us in
 */
export async function redisStore({ refill, ...options }: RedisStoreOptions): Promise<Store> {
  const listeners = new Set<(changed: Ref<Kind | Log>) => void>();
  const { run, close } = await redisConnection({
    ...options,
    heard(message) {
      for (const [kind, id] of JSON.parse(message) as [Kind | Log, string][]) {
        for (const listener of listeners) listener({ kind, id });
      }
    },
    refill: (bare) => refill({ ...storeOver(bare), watch: () => () => {}, close: async () => {} }),
  });
  return {
    ...storeOver(run),

    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      listeners.clear();
      await close();
    },
  };
}
