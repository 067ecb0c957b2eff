/**
 * `npm run bench -- [ROUNDS] [--json FILE] [--against FILE] [--peer 'COMMAND {port}']`: prints a table of the costs of the
 * simulator, compared with minimal servers. It compares by ratios and measures in turns, because machines differ and are
 * never idle. `--json` writes the figures, `--against` compares with those of an earlier run in words, and `--peer`
 * measures tokens of another server, which must answer the guide's urlencoded request. `npm run bench -- store` prints what
 * a Redis is asked for instead: counts and bytes, which do not depend on the machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startRedis } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';
import { coldStarts } from './cold-start.ts';
import {
  atPart,
  compareWith,
  type Figure,
  formatFigure,
  formatRow,
  measured,
  ratios,
  single,
} from './figures.ts';
import { issuing } from './issuing.ts';
import { pagesOpen } from './pages.ts';
import { toParent } from './parent.ts';
import { clusterSpread, storeCosts } from './store.ts';
import { tokenMemory } from './tokens.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    against: { type: 'string' },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const [what = '30'] = positionals;
const isStore = what === 'store';
const rounds = isStore ? 1 : Number(what);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`"${what}" is neither a number of rounds nor "store"`);
const TOKENS = 200_000;
const PAGES = 2_000;
const EVENTS = 300;

const format99 = (numbers: readonly number[]) => `99 %: ${atPart(numbers, 0.99).toFixed(1)} ms`;

async function measureStart(): Promise<Figure[]> {
  const { http, fastify, simulator, exec, healthcheck } = await coldStarts(rounds);
  return [
    measured('start of the command to its first token', simulator, 'ms'),
    measured('that start', ratios(simulator, http), '×', 'of bare `node:http`'),
    measured('that start, beside Fastify', ratios(simulator, fastify), '×', 'of bare Fastify'),
    measured('`exec -- true`', exec, 'ms'),
    measured('`healthcheck`', healthcheck, 'ms'),
  ];
}

async function measureTokenRequests(): Promise<Figure[]> {
  const noRedis = explainMissingTool('redis');
  if (noRedis !== undefined) console.error(`not measured on Redis: ${noRedis}`);
  const redis = noRedis === undefined ? await startRedis() : undefined;
  try {
    const { memory, bare, ours } = await issuing(rounds, redis?.url, flags.peer);
    return [
      single('memory at the start', memory / 1e6, 'MB'),
      ...ours.flatMap(({ name, costs }) => [
        measured(`a token, ${name}`, costs, 'µs', 'of processor time'),
        measured(`that token, ${name}`, ratios(costs, bare), '×', 'of bare Fastify'),
      ]),
    ];
  } finally {
    await redis?.stop();
  }
}

async function measureMemory(): Promise<Figure[]> {
  const { before, after, heapEach, residentEach } = await tokenMemory(TOKENS);
  const name = `a token that lives, of ${TOKENS.toLocaleString('en')}`;
  return [
    single(`${name}, heap`, heapEach, 'bytes'),
    single(`${name}, resident`, residentEach, 'bytes'),
    single('heap after all have expired', after.heap / before.heap, '×', 'of the heap before'),
  ];
}

async function measureStore(): Promise<Figure[]> {
  const { token, page, listScripts } = await storeCosts();
  return [
    single('round trips for a token', token.scripts, ''),
    single('commands for a token', token.commands, ''),
    single('bytes to Redis for a token', token.bytesIn, 'bytes'),
    single('bytes from Redis for a token', token.bytesOut, 'bytes'),
    single('memory of a token', token.memory, 'bytes', 'its requests are forgotten first'),
    single('processor time of Redis for a token', token.cpuUs, 'µs'),
    single('scripts for GET tokens of 1,000', listScripts, ''),
    single('scripts a second for an open page', page, ''),
    single(
      'scripts of the busiest of three masters',
      await clusterSpread(),
      '×',
      'of a third, for 60 clients',
    ),
  ];
}

async function measureEvents(): Promise<Figure[]> {
  const { each, delays, idle, rate } = await pagesOpen(PAGES);
  const open = [
    single(`a page that is open, of ${PAGES.toLocaleString('en')}`, each / 1000, 'kB', 'resident'),
    single('processor time while all of them are idle', idle * 100, '%', 'of a core'),
    measured(
      'an order to the event in a stream of these',
      delays,
      'ms',
      `${format99(delays)}, beside ${Math.round(rate)} tokens a second`,
    ),
  ];
  const noBrowser = explainMissingTool('chromium');
  if (noBrowser !== undefined) {
    console.error(`not measured in Chromium: ${noBrowser}`);
    return open;
  }
  const posted = await toParent(EVENTS);
  return [
    ...open,
    measured('an order to the event in the page around the frame', posted, 'ms', format99(posted)),
  ];
}

const earlier =
  flags.against === undefined
    ? undefined
    : (JSON.parse(readFileSync(flags.against, 'utf8')) as { figures: Figure[] }).figures;
const [{ model } = { model: '' }] = cpus();
const machine = `Node.js ${process.version}, ${cpus().length} cores (${model.trim()}), ${rounds} rounds`;
const date = new Date().toISOString().slice(0, 10);
console.log(`${date}, ${machine}\n`);
const last = earlier === undefined ? [] : ['against'];
console.log(formatRow('what', 'figure', 'of', ...last));
console.log(formatRow('---', '---', '---', ...last.map(() => '---')));
const measures = isStore
  ? [measureStore]
  : [measureStart, measureTokenRequests, measureMemory, measureEvents];
const figures: Figure[] = [];
for (const measure of measures) {
  for (const figure of await measure()) {
    figures.push(figure);
    const before = earlier?.find(({ what }) => what === figure.what);
    console.log(formatFigure(figure, ...(earlier === undefined ? [] : [compareWith(before, figure)])));
  }
}
if (flags.json !== undefined)
  writeFileSync(flags.json, `${JSON.stringify({ date, machine, figures }, null, 2)}\n`);
// Keep-alive connections would keep this process running.
process.exit();
