import { type Asking, getTokens } from './asking.ts';
import { bare, peer, type Served, simulator } from './served.ts';

const TOKENS_PER_SLICE = 4_000;
const WARM_UP = 12_000;

/** Returns the processor time for a token, in microseconds. */
async function slice({ url, processorTime }: Served, asking: Asking): Promise<number> {
  const before = processorTime();
  await getTokens(url, TOKENS_PER_SLICE, { asking });
  return ((processorTime() - before) * 1000) / TOKENS_PER_SLICE;
}

interface Racer {
  readonly name: string;
  readonly served: Served;
  readonly asking: Asking;
  /** Microseconds of processor time per token, for each round. */
  readonly costs: number[];
}

/**
 * Measures the cost of a token for each kind of request, and on a bare server, in turns.
 *
 * @param redis address of a Redis to measure too
 * @param peers commands of other servers to measure too, with `{port}` where their port belongs
 */
export async function issuing(rounds: number, redis: string | undefined, peers: readonly string[]) {
  const [fastify, ours] = [await bare('fastify'), await simulator()];
  const memory = ours.memory();
  const shared = redis === undefined ? undefined : await simulator('--store', redis);
  const others = await Promise.all(peers.map(async (command) => ({ command, served: await peer(command) })));
  const racer = (name: string, served: Served, asking: Asking = 'urlencoded'): Racer => ({
    name,
    served,
    asking,
    costs: [],
  });
  const racers = [
    racer('bare Fastify', fastify),
    racer('urlencoded', ours),
    racer('Basic', ours, 'Basic'),
    racer('multipart', ours, 'multipart'),
    ...(shared === undefined ? [] : [racer('urlencoded, kept in Redis', shared)]),
    ...others.map(({ command, served }) => racer(command, served)),
  ] as const;
  for (const { served, asking } of racers) await getTokens(served.url, WARM_UP, { asking });
  for (let round = 0; round < rounds; round += 1)
    for (const { served, asking, costs } of racers) costs.push(await slice(served, asking));
  for (const served of new Set(racers.map((one) => one.served))) await served.stop();
  const [first, ...rest] = racers;
  return { memory, bare: first, ours: rest };
}
