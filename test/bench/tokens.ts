/**
 * What tokens cost: memory for each while it lives, and what is left when all have expired. It is what is needed: what can be
 * thrown away is thrown away before. `tsx test/bench/tokens.ts [TOKENS] [FLAG…]`; flags go to the simulator.
 */
import { startProcess } from '../real-process.ts';
import { getTokens } from './asking.ts';

/** In virtual time, all tokens together. */
const STEPS = 60;
/** More than are remembered of requests and of tokens that have ended: from then on only what lives takes more. */
const WARM_UP = 12_000;
const FAST = { connections: 8, atOnce: 50 };

const [count = '1000000', ...flags] = process.argv.slice(2);
const tokens = Number(count);
const simulator = await startProcess({ flags });
const { url } = simulator;

const advance = (by: string) =>
  fetch(`${url}/__admin/clock/advance`, { method: 'POST', body: JSON.stringify({ by }) }).then((answer) =>
    answer.text(),
  );
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

async function look(when: string) {
  const { heap, resident } = await simulator.holding();
  console.log(`${when}: ${megabytes(heap)} of heap, ${megabytes(resident)} resident`);
  return { heap, resident };
}

await getTokens(url, WARM_UP, FAST);
await advance('2h');
const before = await look('at the start');
const begun = performance.now();
for (let step = 0; step < STEPS; step += 1) {
  await getTokens(url, tokens / STEPS, FAST);
  await advance('59s');
}
const rate = tokens / ((performance.now() - begun) / 1000);
const full = await look(`${tokens} live`);
const each = (what: 'heap' | 'resident') => Math.round((full[what] - before[what]) / tokens);
console.log(`${each('heap')} bytes of heap each, ${each('resident')} resident; ${Math.round(rate)} a second`);
await advance('2h');
await look('all expired');
await simulator.stop();
