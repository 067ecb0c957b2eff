import { pause } from '../../system/timers.ts';
import type { ClientFactory, TopologyClient } from './client.ts';
import { WrongAddress } from './failures.ts';
import { describeFailure, type RedisLocation } from './location.ts';
import { withTimeout } from './with-timeout.ts';

/** A host that is slower counts as down. Longer than connecting may take, which fails with a better reason. */
const ANSWER_TIMEOUT_MS = 3_000;
/** How long to wait for the others when half of them have answered. */
const REST_TIMEOUT_MS = 200;

/** Several hosts that should know the same. */
export interface Hosts<T> {
  readonly hosts: readonly string[];
  /** What they are called in messages. */
  readonly noun: string;
  toUrl(host: string): string;
  /** @throws {WrongAddress} the host is not what it should be */
  ask(client: TopologyClient, host: string): Promise<T>;
  /** What to do about a host that refuses to answer. */
  adviseOn?(reason: string): string;
}

/**
 * Asks all hosts at once, and returns what those have answered that are quick enough.
 *
 * @throws no host has answered
 */
export async function askHosts<T>(
  { hosts, noun, toUrl, ask, adviseOn = () => '' }: Hosts<T>,
  place: RedisLocation,
  clients: ClientFactory,
): Promise<readonly T[]> {
  async function askOne(host: string): Promise<T> {
    const client = clients.newTopologyClient(toUrl(host));
    try {
      const answer = async () => {
        await client.connect();
        return ask(client, host);
      };
      return await withTimeout(ANSWER_TIMEOUT_MS, answer());
    } catch (error) {
      if (error instanceof WrongAddress) throw error;
      const reason = describeFailure(error, place);
      if (!clients.isReply(error)) throw new Error(`${host}: ${reason}`);
      throw new WrongAddress(`the ${noun} at ${host} answers: ${reason}${adviseOn(reason)}`);
    } finally {
      client.destroy();
    }
  }

  const answers: T[] = [];
  const failures: Error[] = [];
  let notifyHalf = (): void => {};
  const half = new Promise<void>((resolve) => {
    notifyHalf = resolve;
  });
  const asked = hosts.map(async (host) => {
    await askOne(host).then(
      (answer) => answers.push(answer),
      (failure) => failures.push(failure),
    );
    if (answers.length >= hosts.length / 2) notifyHalf();
  });
  await Promise.race([Promise.all(asked), half.then(() => pause(REST_TIMEOUT_MS))]);
  if (answers.length > 0) return answers;
  const [first] = failures;
  if (first && failures.every((failure) => failure instanceof WrongAddress)) throw first;
  throw new Error(`no ${noun} answers: ${failures.map(({ message }) => message).join('; ')}`);
}
