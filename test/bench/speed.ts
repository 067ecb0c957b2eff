/**
 * How fast tokens are issued and how soon the first, beside the least that does so: as ratios, since machines differ and
 * are never quiet. All are measured in turns. `tsx test/bench/speed.ts [ROUNDS]`; with REDIS=redis://… on that too.
 */
import path from 'node:path';
import { type Asking, getTokens } from './asking.ts';
import { type Served, serve, simulator } from './served.ts';

const [rounds = '15'] = process.argv.slice(2);
const TOKENS_A_SLICE = 4_000;
const WARM_UP = 8_000;
const bare = (name: string) => serve(path.join(import.meta.dirname, `bare-${name}.mjs`));

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const shown = (ratio: number) => ratio.toFixed(2);

/** Milliseconds from the start of a process to its first token. */
async function coldStart(start: () => Promise<Served>): Promise<number> {
  const begun = performance.now();
  const served = await start();
  await getTokens(served.url, 1, { connections: 1 });
  const took = performance.now() - begun;
  await served.stop();
  return took;
}

async function coldStarts(): Promise<void> {
  // What is compiled is kept for the next time by a process that has run for some seconds.
  const first = await simulator();
  await getTokens(first.url, 100);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await first.stop();
  const [http, fastify, ours]: number[][] = [[], [], []];
  for (let round = 0; round < Number(rounds); round += 1) {
    http?.push(await coldStart(() => bare('http')));
    fastify?.push(await coldStart(() => bare('fastify')));
    ours?.push(await coldStart(() => simulator()));
  }
  const ratio = median((ours ?? []).map((ms, round) => ms / (http?.[round] ?? 0)));
  console.log(`cold start to first token: ${shown(ratio)} × bare node:http`);
  console.log(
    `  node:http ${Math.round(median(http ?? []))} ms, Fastify ${Math.round(median(fastify ?? []))} ms, ours ${Math.round(median(ours ?? []))} ms`,
  );
}

/** Processor time for a token, in microseconds. */
async function slice({ url, processorTime }: Served, asking: Asking): Promise<number> {
  const before = processorTime();
  await getTokens(url, TOKENS_A_SLICE, { asking });
  return ((processorTime() - before) * 1000) / TOKENS_A_SLICE;
}

interface Racer {
  readonly name: string;
  readonly served: Served;
  readonly asking: Asking;
  readonly costs: number[];
}

async function issuing(): Promise<void> {
  const [http, fastify, ours] = [await bare('http'), await bare('fastify'), await simulator()];
  // biome-ignore lint/style/noProcessEnv: it is for whoever measures to say
  const { REDIS } = process.env;
  const onRedis =
    REDIS === undefined ? undefined : await simulator('--store', REDIS, '--store-prefix', 'bench:');
  console.log(`resident at the start: ${Math.round(ours.memory() / 1e6)} MB`);
  const racer = (name: string, served: Served, asking: Asking = 'urlencoded'): Racer => ({
    name,
    served,
    asking,
    costs: [],
  });
  const racers = [
    racer('bare node:http', http),
    racer('bare Fastify', fastify),
    racer('urlencoded', ours),
    racer('Basic', ours, 'Basic'),
    racer('multipart', ours, 'multipart'),
    ...(onRedis === undefined ? [] : [racer('urlencoded, Redis', onRedis)]),
  ];
  for (const { served, asking } of racers) await getTokens(served.url, WARM_UP, { asking });
  for (let round = 0; round < Number(rounds); round += 1)
    for (const { served, asking, costs } of racers) costs.push(await slice(served, asking));
  const base = racers[1]?.costs ?? [];
  for (const { name, costs } of racers) {
    const ratio = median(costs.map((cost, round) => cost / (base[round] ?? 0)));
    console.log(
      `${name}: ${shown(ratio)} × bare Fastify, ${Math.round(median(costs))} µs of processor time a token`,
    );
  }
  for (const served of new Set(racers.map((one) => one.served))) await served.stop();
}

await coldStarts();
await issuing();
