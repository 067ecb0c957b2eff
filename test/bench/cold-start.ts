import { setTimeout as pause } from 'node:timers/promises';
import { getTokens } from './asking.ts';
import { bare, type Served, simulator } from './served.ts';

/** By then what V8 has compiled is kept for the next time. */
const KEPT_MS = 4_000;

/** Milliseconds from the start of a process to its first token. */
async function coldStart(start: () => Promise<Served>): Promise<number> {
  const begun = performance.now();
  const served = await start();
  await getTokens(served.url, 1, { connections: 1 });
  const took = performance.now() - begun;
  await served.stop();
  return took;
}

/** How soon the first token comes, in milliseconds of each round: of bare servers and of the simulator, in turns. */
export async function coldStarts(rounds: number) {
  const first = await simulator();
  await getTokens(first.url, 100);
  await pause(KEPT_MS);
  await first.stop();
  const took: Record<'http' | 'fastify' | 'simulator', number[]> = { http: [], fastify: [], simulator: [] };
  for (let round = 0; round < rounds; round += 1) {
    took.http.push(await coldStart(() => bare('http')));
    took.fastify.push(await coldStart(() => bare('fastify')));
    took.simulator.push(await coldStart(() => simulator()));
  }
  return took;
}
