import { pause } from '../../system/timers.ts';
import type { ClientFactory } from './client.ts';
import { WrongAddress } from './failures.ts';
import { describeFailure, type RedisLocation, type SentinelLocation } from './location.ts';
import { createSubscriber } from './subscriber.ts';
import type { Topology } from './topology.ts';
import { withTimeout } from './with-timeout.ts';

/** A Sentinel that is slower counts as down. Longer than connecting may take, which fails with a better reason. */
const ANSWER_TIMEOUT_MS = 3_000;
/** How long to wait for the others when half of them have answered. */
const REST_TIMEOUT_MS = 200;
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

const joinHost = (host: string, port: string) =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The master that Sentinels have chosen. */
export function followSentinels(
  { hosts, name, toSentinelUrl, toServerUrl }: SentinelLocation,
  place: RedisLocation,
  clients: ClientFactory,
  onMasterLost: (why: Error) => void,
): Topology {
  let inUse: Opinion | undefined;

  async function ask(host: string): Promise<Opinion> {
    const client = clients.newSentinelClient(toSentinelUrl(host));
    const readOpinion = async () => {
      await client.connect();
      const [role, names] = (await client.sendCommand(['ROLE'])) as unknown as [string, string[]];
      if (role !== 'sentinel')
        throw new WrongAddress(`${host} is no Sentinel but a Redis: use redis://${host}`);
      if (!names.includes(name))
        throw new WrongAddress(
          `the Sentinel at ${host} knows no master ${name}, only ${names.join(', ') || 'none'}`,
        );
      const [details, [ip = '', port = '']] = (await Promise.all([
        client.sendCommand(['SENTINEL', 'MASTER', name]),
        client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]),
      ])) as unknown as [string[], string[]];
      const known = new Map(toPairs(details));
      const isPromoted = known.get('ip') !== ip || known.get('port') !== port;
      return {
        url: toServerUrl(joinHost(ip, port)),
        epoch: Number(known.get('config-epoch')),
        isReplacing: !isPromoted && /failover_in_progress/.test(known.get('flags') ?? ''),
      };
    };
    try {
      return await withTimeout(ANSWER_TIMEOUT_MS, readOpinion());
    } catch (error) {
      if (error instanceof WrongAddress) throw error;
      const reason = describeFailure(error, place);
      if (!clients.isReply(error)) throw new Error(`${host}: ${reason}`);
      const fix = reason.startsWith('NOAUTH') ? '; add ?sentinel=USER:PASSWORD to the address' : '';
      throw new WrongAddress(`the Sentinel at ${host} answers: ${reason}${fix}`);
    } finally {
      client.destroy();
    }
  }

  /** What the Sentinel with the latest news knows. */
  async function findOpinion(): Promise<Opinion> {
    const opinions: Opinion[] = [];
    const failures: Error[] = [];
    let notifyHalf = (): void => {};
    const half = new Promise<void>((resolve) => {
      notifyHalf = resolve;
    });
    const asked = hosts.map(async (host) => {
      await ask(host).then(
        (opinion) => opinions.push(opinion),
        (failure) => failures.push(failure),
      );
      if (opinions.length >= hosts.length / 2) notifyHalf();
    });
    await Promise.race([Promise.all(asked), half.then(() => pause(REST_TIMEOUT_MS))]);
    const [latest] = opinions.sort(
      (a, b) => b.epoch - a.epoch || Number(b.isReplacing) - Number(a.isReplacing),
    );
    if (latest !== undefined) return latest;
    const [first] = failures;
    if (first && failures.every((failure) => failure instanceof WrongAddress)) throw first;
    throw new Error(`no Sentinel answers: ${failures.map(({ message }) => message).join('; ')}`);
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
