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

interface Start {
  readonly start: () => Promise<Served>;
  readonly asking?: Asking;
}

interface Racer {
  readonly name: string;
  readonly served: Served;
  readonly asking: Asking;
  /** Resident memory when it had started, in bytes. */
  readonly memory: number;
  /** Microseconds of processor time per token, for each round. */
  readonly costs: number[];
}

/** Rounds with the same processes. V8 compiles a program in each process a little differently. */
const ROUNDS_PER_PROCESS = 2;

/** Measures a few rounds, with a new process for each racer. */
async function measureRounds(rounds: number, starts: Readonly<Record<string, Start>>): Promise<Racer[]> {
  const racers: Racer[] = [];
  for (const [name, { start, asking = 'urlencoded' }] of Object.entries(starts)) {
    const served = await start();
    racers.push({ name, served, asking, memory: served.memory(), costs: [] });
    await getTokens(served.url, WARM_UP, { asking });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const { served, asking, costs } of racers) costs.push(await slice(served, asking));
  for (const { served } of racers) await served.stop();
  return racers;
}

/**
 * Measures the cost of a token for each kind of request, and on a bare server, in turns.
 *
 * @param redis address of a Redis to measure too
 * @param peers commands of other servers to measure too, with `{port}` where their port belongs
 */
export async function issuing(rounds: number, redis: string | undefined, peers: readonly string[]) {
  // Findings are detected, and not logged.
  const ours = (...flags: string[]) => simulator('--log-level', 'error', ...flags);
  const starts: Record<string, Start> = {
    'bare Fastify': { start: () => bare('fastify') },
    urlencoded: { start: ours },
    Basic: { start: ours, asking: 'Basic' },
    multipart: { start: ours, asking: 'multipart' },
    ...(redis !== undefined && { 'urlencoded, kept in Redis': { start: () => ours('--store', redis) } }),
    ...Object.fromEntries(peers.map((command) => [command, { start: () => peer(command) }])),
  };
  const series: Racer[][] = [];
  for (let done = 0; done < rounds; done += ROUNDS_PER_PROCESS)
    series.push(await measureRounds(Math.min(ROUNDS_PER_PROCESS, rounds - done), starts));
  const [fastify, ...rest] = Object.keys(starts).map((name, index) => ({
    name,
    memory: series[0]?.[index]?.memory ?? 0,
    costs: series.flatMap((racers) => racers[index]?.costs ?? []),
  }));
  return { memory: rest[0]?.memory ?? 0, bare: fastify?.costs ?? [], ours: rest };
}
