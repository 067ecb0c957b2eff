import { type Asking, getTokens } from './asking.ts';
import { bare, type Served, simulator } from './served.ts';

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
 * Measures the cost of a token for each kind of request, and on bare servers, in turns.
 *
 * @param redis address of a Redis to measure too
 */
export async function issuing(rounds: number, redis: string | undefined) {
  const [http, fastify, ours] = [await bare('http'), await bare('fastify'), await simulator()];
  const memory = ours.memory();
  const shared = redis === undefined ? undefined : await simulator('--store', redis);
  const racer = (name: string, served: Served, asking: Asking = 'urlencoded'): Racer => ({
    name,
    served,
    asking,
    costs: [],
  });
  const racers = {
    http: racer('bare node:http', http),
    fastify: racer('bare Fastify', fastify),
    urlencoded: racer('urlencoded', ours),
    basic: racer('Basic', ours, 'Basic'),
    multipart: racer('multipart', ours, 'multipart'),
    ...(shared && { redis: racer('urlencoded, kept in Redis', shared) }),
  };
  for (const { served, asking } of Object.values(racers)) await getTokens(served.url, WARM_UP, { asking });
  for (let round = 0; round < rounds; round += 1)
    for (const { served, asking, costs } of Object.values(racers)) costs.push(await slice(served, asking));
  for (const served of new Set(Object.values(racers).map((one) => one.served))) await served.stop();
  return { memory, racers };
}
