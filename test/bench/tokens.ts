import { setTimeout as pause } from 'node:timers/promises';
import { type RealProcess, startProcess } from '../support/real-process.ts';
import { getTokens } from './asking.ts';

/** In virtual time, all tokens together. */
const STEPS = 60;
/** More than are remembered of requests and of tokens that have ended: from then on only what lives takes more. */
const WARM_UP = 12_000;
const FAST = { connections: 8, atOnce: 50 };

/** V8 returns memory to the machine when it has been idle for some seconds. */
const IDLE_MS = 20_000;

async function settled(simulator: RealProcess) {
  await pause(IDLE_MS);
  return simulator.measure();
}

/**
 * What `tokens` take while they live, and what is left when all have expired, in bytes. It is what is needed: what can be
 * thrown away is thrown away before.
 */
export async function tokenMemory(tokens: number) {
  const simulator = await startProcess();
  const { url } = simulator;
  const advance = (by: string) =>
    fetch(`${url}/__admin/clock/advance`, { method: 'POST', body: JSON.stringify({ by }) }).then((answer) =>
      answer.text(),
    );
  await getTokens(url, WARM_UP, FAST);
  await advance('2h');
  const before = await settled(simulator);
  for (let step = 0; step < STEPS; step += 1) {
    await getTokens(url, tokens / STEPS, FAST);
    await advance('59s');
  }
  const full = await settled(simulator);
  await advance('2h');
  const after = await simulator.measure();
  await simulator.stop();
  return {
    before,
    after,
    heapEach: (full.heap - before.heap) / tokens,
    residentEach: (full.resident - before.resident) / tokens,
  };
}
