import { setTimeout as pause } from 'node:timers/promises';
import { type RealProcess, startProcess } from '../support/real-process.ts';
import { getTokens } from './asking.ts';

/** Steps of virtual time in which all tokens are issued. */
const STEPS = 60;
/** More than the simulator keeps of requests and ended tokens. After that, only active tokens need more memory. */
const WARM_UP = 12_000;
const FAST = { connections: 8, atOnce: 50 };

/** V8 returns memory to the system after some idle seconds. */
const IDLE_MS = 20_000;

async function measureIdle(simulator: RealProcess) {
  await pause(IDLE_MS);
  return simulator.measure();
}

/** Measures the memory of active tokens, and what remains after all have expired, in bytes after garbage collection. */
export async function tokenMemory(tokens: number) {
  const simulator = await startProcess();
  const { url } = simulator;
  const advance = (by: string) =>
    fetch(`${url}/__admin/clock/advance`, { method: 'POST', body: JSON.stringify({ by }) }).then((answer) =>
      answer.text(),
    );
  await getTokens(url, WARM_UP, FAST);
  await advance('2h');
  const before = await measureIdle(simulator);
  for (let step = 0; step < STEPS; step += 1) {
    await getTokens(url, tokens / STEPS, FAST);
    await advance('59s');
  }
  const full = await measureIdle(simulator);
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
