import { type RedisServer, startRedis, type TlsFiles } from './redis.ts';
import { command, repeatUntil } from './sentinel.ts';

const SHARDS = 3;
const SLOTS = 16_384;
/** As many keys as redis-cli moves at once. */
const MOVED_AT_ONCE = '10';

/** Masters that share the slots, and a replica of each. */
export interface ClusterGroup {
  /** The address for `--store`. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** The node that the others call the master of a slot. */
  findMaster(slot: number): Promise<RedisServer>;
  /** Every master once. */
  findMasters(): Promise<readonly RedisServer[]>;
  /** The replica of a master. */
  findReplica(master: RedisServer): Promise<RedisServer>;
  /** The slot of a key. */
  findSlot(key: string): Promise<number>;
  /** Kills a master once its replica has all that it has answered. What that lacks would be lost by design. */
  killWhenReplicated(master: RedisServer): Promise<void>;
  /** Resolves when the replica of a master has all that the master had. */
  waitUntilReplicated(master: RedisServer): Promise<void>;
  /** Makes the replica of a master take over, without a loss. */
  failOver(master: RedisServer): Promise<void>;
  /** Resolves when another node has the slots of this master. */
  waitUntilReplaced(master: RedisServer): Promise<void>;
  /** Begins to move a slot. Its keys are moved by `finish`. */
  beginMove(slot: number, to: RedisServer): Promise<{ finish(): Promise<void> }>;
  /** Resolves when every node runs, and agrees with the others. */
  waitUntilWhole(): Promise<void>;
  stop(): Promise<void>;
}

interface Node {
  readonly id: string;
  readonly host: string;
  readonly flags: readonly string[];
  readonly master: string;
  readonly isLinked: boolean;
  /** First and last of each range. */
  readonly slots: readonly (readonly [number, number])[];
}

/** The nodes that a node knows. */
async function readNodes(at: RedisServer): Promise<readonly Node[]> {
  const lines = (await command<string>(at, 'CLUSTER', 'NODES')).trim().split('\n');
  return lines.map((line) => {
    const [id = '', address = '', flags = '', master = '', , , , link = '', ...slots] = line.split(' ');
    const ranges = slots.filter((slot) => !slot.startsWith('[')).map((slot) => slot.split('-').map(Number));
    return {
      id,
      host: address.split('@')[0] ?? '',
      flags: flags.split(','),
      master,
      isLinked: link === 'connected',
      slots: ranges.map(([first = 0, last = first]) => [first, last] as const),
    };
  });
}

/**
 * Starts three masters, a replica of each, and joins them. The other shards are used while one has no master.
 *
 * @param password the password of all nodes
 * @param tls the files of all nodes, which accept TLS only, and only from clients with a certificate of the CA
 * @param silenceMs how long a node may be silent before the others replace it
 */
export async function startRedisCluster({
  password = '',
  tls,
  silenceMs = 1_500,
}: {
  password?: string;
  tls?: TlsFiles;
  silenceMs?: number;
} = {}): Promise<ClusterGroup> {
  const nodes = await Promise.all(
    Array.from({ length: 2 * SHARDS }, () =>
      startRedis({
        keeps: true,
        cluster: true,
        password,
        ...(tls && { tls }),
        more: {
          'cluster-node-timeout': String(silenceMs),
          'cluster-announce-ip': '127.0.0.1',
          'cluster-require-full-coverage': 'no',
          'cluster-allow-replica-migration': 'no',
          'cluster-replica-validity-factor': '0',
          'repl-diskless-sync-delay': '0',
          ...(tls && { 'tls-cluster': 'yes', 'tls-replication': 'yes' }),
          ...(password !== '' && { masterauth: password }),
        },
      }),
    ),
  );
  const hostOf = ({ url }: RedisServer) => new URL(url).host;
  const byHost = new Map(nodes.map((node) => [hostOf(node), node]));
  const nodeAt = (host: string): RedisServer => {
    const node = byHost.get(host);
    if (node === undefined) throw new Error(`no node has the address ${host}`);
    return node;
  };
  const readId = (node: RedisServer) => command<string>(node, 'CLUSTER', 'MYID');
  const masters = nodes.slice(0, SHARDS);
  const boundary = (shard: number) => Math.round((shard * SLOTS) / SHARDS);

  for (const [i, node] of nodes.entries()) await command(node, 'CLUSTER', 'SET-CONFIG-EPOCH', `${i + 1}`);
  for (const [i, master] of masters.entries())
    await command(master, 'CLUSTER', 'ADDSLOTSRANGE', `${boundary(i)}`, `${boundary(i + 1) - 1}`);
  const [first, ...others] = nodes as [RedisServer, ...RedisServer[]];
  for (const node of others) {
    const [, busPort = ''] = await command<[string, string]>(node, 'CONFIG', 'GET', 'cluster-port');
    const { hostname, port } = new URL(node.url);
    await command(first, 'CLUSTER', 'MEET', hostname, port, busPort);
  }
  for (const [i, replica] of nodes.slice(SHARDS).entries()) {
    const id = await readId(masters[i] as RedisServer);
    await repeatUntil(() => command(replica, 'CLUSTER', 'REPLICATE', id));
  }

  /** What the nodes that run agree on. */
  async function readAgreed(): Promise<readonly Node[]> {
    const views = await Promise.all(nodes.map((node) => readNodes(node).catch(() => undefined)));
    const running = views.filter((view) => view !== undefined);
    const owners = (view: readonly Node[]) =>
      JSON.stringify(view.map(({ host, slots }) => [host, slots]).sort());
    if (new Set(running.map(owners)).size !== 1) throw new Error('the nodes differ');
    return running[0] ?? [];
  }
  const findOwner = (view: readonly Node[], slot: number) =>
    view.find(({ slots }) => slots.some(([from, to]) => slot >= from && slot <= to));
  const listMasters = (view: readonly Node[]) => view.filter(({ slots }) => slots.length > 0);

  const waitUntilWhole = () =>
    repeatUntil(async () => {
      const view = await readAgreed();
      for (const node of nodes) {
        const info = await command<string>(node, 'CLUSTER', 'INFO');
        if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${nodes.length}`))
          return undefined;
        const seen = await readNodes(node);
        if (seen.some(({ flags, isLinked }) => flags.some((flag) => flag.startsWith('fail')) || !isLinked))
          return undefined;
      }
      for (const { host } of listMasters(view)) {
        const [, , replicas] = await command<[string, number, unknown[]]>(nodeAt(host), 'ROLE');
        if (replicas.length === 0) return undefined;
      }
      return true;
    }).then(() => {});
  const findMaster = (slot: number) =>
    repeatUntil(async () => nodeAt(findOwner(await readAgreed(), slot)?.host ?? ''));
  async function findReplica(master: RedisServer): Promise<RedisServer> {
    const id = await readId(master);
    return repeatUntil(async () => {
      const found = (await readAgreed()).find((node) => node.master === id);
      return found && nodeAt(found.host);
    });
  }

  const { protocol, username } = new URL(first.url);
  const login = password === '' ? '' : `${username}:${encodeURIComponent(password)}@`;
  const files = tls ? `?${new URLSearchParams({ ...tls })}` : '';
  const group: ClusterGroup = {
    url: `${protocol.replace(':', '')}+cluster://${login}${nodes.map(hostOf).join(',')}${files}`,
    nodes,
    findMaster,
    findReplica,
    findMasters: () =>
      repeatUntil(async () => listMasters(await readAgreed()).map(({ host }) => nodeAt(host))),
    findSlot: (key) => Promise.any(nodes.map((node) => command<number>(node, 'CLUSTER', 'KEYSLOT', key))),
    async killWhenReplicated(master) {
      await command(master, 'CLIENT', 'PAUSE', '60000', 'WRITE');
      await group.waitUntilReplicated(master);
      await master.signal('SIGKILL');
    },
    async waitUntilReplicated(master) {
      const replica = await findReplica(master);
      await repeatUntil(async () => {
        const [, written] = await command<[string, number]>(master, 'ROLE');
        const [, , , , offset] = await command<[string, string, number, string, number]>(replica, 'ROLE');
        return offset < written ? undefined : true;
      });
    },
    async failOver(master) {
      const replica = await findReplica(master);
      await command(replica, 'CLUSTER', 'FAILOVER');
      await group.waitUntilReplaced(master);
    },
    async waitUntilReplaced(master) {
      await repeatUntil(async () => {
        const view = await readAgreed();
        const replaced = view.find(({ host }) => host === hostOf(master));
        const covered = listMasters(view).flatMap(({ slots }) => slots.map(([from, to]) => to - from + 1));
        const isCovered = covered.reduce((sum, count) => sum + count, 0) === SLOTS;
        return isCovered && replaced?.slots.length === 0 ? true : undefined;
      });
    },
    async beginMove(slot, to) {
      const from = await findMaster(slot);
      const [source, target] = [await readId(from), await readId(to)];
      await command(to, 'CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', source);
      await command(from, 'CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', target);
      return {
        async finish() {
          const { hostname, port } = new URL(to.url);
          for (;;) {
            const keys = await command<string[]>(from, 'CLUSTER', 'GETKEYSINSLOT', `${slot}`, MOVED_AT_ONCE);
            if (keys.length === 0) break;
            const auth = password === '' ? [] : ['AUTH', password];
            await command(from, 'MIGRATE', hostname, port, '', '0', '5000', ...auth, 'KEYS', ...keys);
          }
          for (const node of [to, from]) await command(node, 'CLUSTER', 'SETSLOT', `${slot}`, 'NODE', target);
          await repeatUntil(async () =>
            findOwner(await readAgreed(), slot)?.host === hostOf(to) ? true : undefined,
          );
        },
      };
    },
    waitUntilWhole,
    async stop() {
      for (const node of nodes) await node.stop();
    },
  };
  await waitUntilWhole();
  return group;
}
