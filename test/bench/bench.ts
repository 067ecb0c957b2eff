/**
 * `npm run bench [ROUNDS]`: prints a table of the costs of the simulator, compared with minimal servers. It compares by
 * ratios and measures in turns, because machines differ and are never idle. `npm run bench store` prints what a Redis is
 * asked for instead: counts and bytes, which do not depend on the machine.
 */
import { cpus } from 'node:os';
import { startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';
import { coldStarts } from './cold-start.ts';
import { atPart, median, ratio } from './figures.ts';
import { issuing } from './issuing.ts';
import { pagesOpen } from './pages.ts';
import { toParent } from './parent.ts';
import { storeCosts } from './store.ts';
import { tokenMemory } from './tokens.ts';

const [what = '30'] = process.argv.slice(2);
const isStore = what === 'store';
const rounds = isStore ? 1 : Number(what);
const TOKENS = 200_000;
const PAGES = 1_000;
const EVENTS = 300;

const times = (factor: number) => `${factor.toFixed(2)} ×`;
const ms = (length: number) => `${length < 10 ? length.toFixed(1) : Math.round(length)} ms`;
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const row = (...cells: string[]) => console.log(`| ${cells.join(' | ')} |`);

async function measureStart(): Promise<void> {
  const { http, fastify, simulator } = await coldStarts(rounds);
  const bare = `${times(ratio(simulator, http))} bare \`node:http\` (${ms(median(http))})`;
  row(
    'start of the command to its first token',
    ms(median(simulator)),
    `${bare}, ${times(ratio(simulator, fastify))} bare Fastify`,
  );
}

async function measureTokenRequests(): Promise<void> {
  const noRedis = explainMissingTool('redis');
  const redis = noRedis === undefined ? await startRedis() : undefined;
  try {
    const { memory, racers } = await issuing(rounds, redis?.url);
    const { http, fastify, ...ours } = racers;
    row('memory at the start', megabytes(memory), '');
    for (const { name, costs } of Object.values(ours)) {
      const compared = `${times(ratio(costs, fastify.costs))} bare Fastify (${Math.round(median(fastify.costs))} µs)`;
      const others =
        costs === ours.urlencoded.costs
          ? `${times(ratio(costs, http.costs))} bare \`node:http\``
          : `${times(ratio(costs, ours.urlencoded.costs))} urlencoded`;
      row(`a token, ${name}`, `${Math.round(median(costs))} µs of processor time`, `${compared}, ${others}`);
    }
    if (noRedis !== undefined) console.error(`not measured on Redis: ${noRedis}`);
  } finally {
    await redis?.stop();
  }
}

async function measureMemory(): Promise<void> {
  const { before, after, heapEach, residentEach } = await tokenMemory(TOKENS);
  row(
    `a token that lives, of ${TOKENS.toLocaleString('en')}`,
    `${Math.round(heapEach)} bytes of heap`,
    `${Math.round(residentEach)} bytes resident; when all have expired the heap is ${times(after.heap / before.heap)} what it was`,
  );
}

async function measureStore(): Promise<void> {
  const { token, page, listScripts } = await storeCosts();
  row('round trips for a token', token.scripts.toFixed(1), `${token.commands.toFixed(1)} commands`);
  row('bytes for a token', `${Math.round(token.bytesIn)} in`, `${Math.round(token.bytesOut)} out`);
  row('memory of a token', `${Math.round(token.memory)} bytes`, 'its requests are forgotten first');
  row('processor time of Redis for a token', `${Math.round(token.cpuUs)} µs`, '');
  row('scripts for GET tokens of 1,000', `${listScripts}`, '');
  row('scripts a second for an open page', page.toFixed(2), '');
}

async function measureEvents(): Promise<void> {
  const { each, delays, rate } = await pagesOpen(PAGES);
  const heard = `${ms(median(delays))}, 99 %: ${ms(atPart(delays, 0.99))}`;
  row(`a page that is open, of ${PAGES.toLocaleString('en')}`, `${Math.round(each / 1000)} kB resident`, '');
  row('an agent’s order to one of these', heard, `beside ${Math.round(rate)} tokens a second`);
  const noBrowser = explainMissingTool('chromium');
  if (noBrowser !== undefined) return console.error(`not measured in Chromium: ${noBrowser}`);
  const posted = await toParent(EVENTS);
  row(
    'an order to the page around the frame, in Chromium',
    `${ms(median(posted))}, 99 %: ${ms(atPart(posted, 0.99))}`,
    '',
  );
}

const [{ model } = { model: '' }] = cpus();
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${cpus().length} cores (${model.trim()}), ${rounds} rounds\n`,
);
row('what', 'figure', 'compared');
row('---', '---', '---');
const measures = isStore
  ? [measureStore]
  : [measureStart, measureTokenRequests, measureMemory, measureEvents];
for (const measure of measures) await measure();
// Keep-alive connections would keep this process running.
process.exit();
