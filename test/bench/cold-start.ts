import { setTimeout as pause } from 'node:timers/promises';
import { getTokens } from './asking.ts';
import { bare, run, type Served, simulator } from './served.ts';

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

/**
 * Measures cold starts of bare servers and of the simulator, and whole runs of short commands, in turns. Returns
 * milliseconds for each round.
 */
export async function coldStarts(rounds: number) {
  const first = await simulator();
  await getTokens(first.url, 100);
  await pause(KEPT_MS);
  const took: Record<'http' | 'fastify' | 'simulator' | 'exec' | 'healthcheck', number[]> = {
    http: [],
    fastify: [],
    simulator: [],
    exec: [],
    healthcheck: [],
  };
  for (let round = 0; round < rounds; round += 1) {
    took.http.push(await coldStart(() => bare('http')));
    took.fastify.push(await coldStart(() => bare('fastify')));
    took.simulator.push(await coldStart(() => simulator()));
    took.exec.push(await run('exec', '--', 'true'));
    took.healthcheck.push(await run('healthcheck', '--port', new URL(first.url).port));
  }
  await first.stop();
  return took;
}
