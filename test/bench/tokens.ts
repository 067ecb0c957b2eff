/**
 * What tokens cost: memory for each while it lives, and what is left when all have expired.
 * `tsx test/bench/tokens.ts [TOKENS] [FLAG…]`; flags go to the simulator.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { getTokens } from './asking.ts';
import { simulator } from './served.ts';

/** In virtual time, all tokens together. */
const STEPS = 60;

const [count = '1000000', ...flags] = process.argv.slice(2);
const tokens = Number(count);
const served = await simulator(...flags);

const admin = async (path: string, body?: object) =>
  fetch(`${served.url}/__admin${path}`, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  }).then((answer) => answer.text());

/** The least within a minute: memory is given back when there has been nothing else to do for most of it. */
async function settled(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 120; i += 1) {
    await pause(500);
    least = Math.min(least, served.memory());
  }
  return least;
}
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const FAST = { connections: 8, atOnce: 50 };
await getTokens(served.url, 2_000, FAST);
await admin('/clock/advance', { by: '2h' });
const before = await settled();
console.log(`at the start:   ${megabytes(before)}`);
const begun = performance.now();
for (let step = 0; step < STEPS; step += 1) {
  await getTokens(served.url, tokens / STEPS, FAST);
  await admin('/clock/advance', { by: '59s' });
}
const rate = tokens / ((performance.now() - begun) / 1000);
const full = await settled();
const each = Math.round((full - before) / tokens);
console.log(`${tokens} live:   ${megabytes(full)}, ${each} bytes each, ${Math.round(rate)} a second`);
await admin('/clock/advance', { by: '2h' });
const after = await settled();
console.log(`all expired:    ${megabytes(after)}, ${(after / before).toFixed(2)} times the start`);
await served.stop();
