import { setTimeout as pause } from 'node:timers/promises';
import { getTokens } from './asking.ts';
import { bare, type Served, simulator } from './served.ts';

/** After this time, the compile cache of V8 is on disk for the next start. */
const KEPT_MS = 4_000;

/** Returns the milliseconds from the start of a process to its first token. */
async function coldStart(start: () => Promise<Served>): Promise<number> {
  const begun = performance.now();
  const served = await start();
  await getTokens(served.url, 1, { connections: 1 });
  const took = performance.now() - begun;
  await served.stop();
  return took;
}

/** Measures cold starts of bare servers and of the simulator, in turns. Returns milliseconds for each round. */
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
