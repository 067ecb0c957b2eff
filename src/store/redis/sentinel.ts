import { askHosts } from './ask-hosts.ts';
import type { ClientFactory, TopologyClient } from './client.ts';
import { WrongAddress } from './failures.ts';
import { joinHost, type RedisLocation, type SentinelLocation } from './location.ts';
import { createSubscriber } from './subscriber.ts';
import type { Topology } from './topology.ts';

/** Published by the Sentinel that is going to promote a replica. */
const BEGINNING = '+try-failover';
const CHANNELS = [BEGINNING, '+switch-master'];

const REPLACING = 'its Sentinels are replacing the master';

/** What a Sentinel knows about the master. */
interface Opinion {
  readonly url: string;
  /** Counts the fail-overs. */
  readonly epoch: number;
  /** Whether the master is about to be replaced by a server that is not known yet. */
  readonly isReplacing: boolean;
}

const toPairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);

/** The master that Sentinels have chosen. */
export function followSentinels(
  { hosts, name, toSentinelUrl, toServerUrl }: SentinelLocation,
  place: RedisLocation,
  clients: ClientFactory,
  onMasterLost: (why: Error) => void,
): Topology {
  let inUse: Opinion | undefined;

  async function ask(client: TopologyClient, host: string): Promise<Opinion> {
    const [role, names] = await client.sendCommand<[string, string[]]>(['ROLE']);
    if (role !== 'sentinel')
      throw new WrongAddress(`${host} is no Sentinel but a Redis: use redis://${host}`);
    if (!names.includes(name))
      throw new WrongAddress(
        `the Sentinel at ${host} knows no master ${name}, only ${names.join(', ') || 'none'}`,
      );
    const [details, [ip = '', port = '']] = await Promise.all([
      client.sendCommand<string[]>(['SENTINEL', 'MASTER', name]),
      client.sendCommand<string[]>(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]),
    ]);
    const known = new Map(toPairs(details));
    const isPromoted = known.get('ip') !== ip || known.get('port') !== port;
    return {
      url: toServerUrl(joinHost(ip, port)),
      epoch: Number(known.get('config-epoch')),
      isReplacing: !isPromoted && /failover_in_progress/.test(known.get('flags') ?? ''),
    };
  }

  /** What the Sentinel with the latest news knows. */
  async function findOpinion(): Promise<Opinion> {
    const opinions = await askHosts(
      {
        hosts,
        noun: 'Sentinel',
        toUrl: toSentinelUrl,
        ask,
        adviseOn: (reason) =>
          reason.startsWith('NOAUTH') ? '; add ?sentinel=USER:PASSWORD to the address' : '',
      },
      place,
      clients,
    );
    const [latest] = [...opinions].sort(
      (a, b) => b.epoch - a.epoch || Number(b.isReplacing) - Number(a.isReplacing),
    );
    return latest as Opinion;
  }

  async function findMaster(): Promise<string> {
    const opinion = await findOpinion();
    if (opinion.isReplacing) throw new Error(REPLACING);
    inUse = opinion;
    return opinion.url;
  }

  function onMessage(message: string, channel: string): void {
    const [, subject] = message.split(' ');
    // Asking first would take as long as the promotion.
    if (channel === BEGINNING && subject === name) onMasterLost(new Error(REPLACING));
    else void checkMaster();
  }

  /** A message may be about another master, or have been missed. */
  async function checkMaster(): Promise<void> {
    const opinion = await findOpinion().catch(() => undefined);
    if (opinion === undefined || inUse === undefined || opinion.epoch < inUse.epoch) return;
    if (opinion.isReplacing) onMasterLost(new Error(REPLACING));
    else if (opinion.url !== inUse.url) onMasterLost(new Error('its Sentinels have chosen another master'));
  }

  const listeners = hosts.map((host) =>
    createSubscriber({
      newClient: () => clients.newSentinelListener(toSentinelUrl(host)),
      channels: CHANNELS,
      onMessage,
      onSubscribed: checkMaster,
    }),
  );
  for (const listener of listeners) listener.start();
  return {
    findMaster,
    canChange: true,
    close() {
      for (const listener of listeners) listener.destroy();
    },
  };
}
