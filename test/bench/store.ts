import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';
import { startRedisCluster } from '../support/cluster.ts';
import { startRedis } from '../support/redis.ts';
import { command } from '../support/sentinel.ts';
import { getTokens } from './asking.ts';
import { openPage } from './pages.ts';
import { simulator } from './served.ts';

const WARM_UP = 12_000;
const TOKENS = 20_000;
const PAGES = 100;
/** After this time, nothing is looked for any more that follows a change. */
const SETTLE_MS = 15_000;
const IDLE_S = 20;
const CLIENTS = 60;
const TOKENS_EACH = 50;

/** Figures of a Redis that only grow, and its memory in bytes. */
async function readFigures(redis: { info(section: string): Promise<string> }) {
  const info = await redis.info('everything');
  const read = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  const calls = (name: string) =>
    Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    scripts: calls('evalsha'),
    commands: [...info.matchAll(/^cmdstat_[^:]+:calls=(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0),
    bytesIn: read('total_net_input_bytes'),
    bytesOut: read('total_net_output_bytes'),
    memory: read('used_memory'),
    cpuUs: (read('used_cpu_user') + read('used_cpu_sys')) * 1e6,
  };
}

/** Measures what a token and an open page cost a Redis: each figure for one token, and scripts a second for one page. */
export async function storeCosts() {
  const server = await startRedis();
  const redis = createClient({ url: server.url });
  await redis.connect();
  const served = await simulator('--store', server.url, '--scenario', 'manual', '--log-level', 'error');
  await getTokens(served.url, WARM_UP);
  const before = await readFigures(redis);
  await getTokens(served.url, TOKENS);
  const after = await readFigures(redis);
  const token = Object.fromEntries(
    Object.entries(after).map(([name, value]) => [
      name,
      (value - before[name as keyof typeof before]) / TOKENS,
    ]),
  ) as typeof after;

  const listed = await readFigures(redis);
  await (await fetch(`${served.url}/__admin/tokens?limit=1000&client_id=sandbox-client`)).text();
  const listScripts = (await readFigures(redis)).scripts - listed.scripts;

  const countIdle = async () => {
    await pause(SETTLE_MS);
    const { scripts } = await readFigures(redis);
    await pause(IDLE_S * 1_000);
    return ((await readFigures(redis)).scripts - scripts) / IDLE_S;
  };
  const idle = await countIdle();
  for (let n = 0; n < PAGES; n += 1) await openPage(served.url, `val-${n}`, () => {});
  const page = ((await countIdle()) - idle) / PAGES;

  await served.stop();
  redis.destroy();
  await server.stop();
  return { token, page, listScripts };
}

/**
 * Measures how evenly the tokens of 60 clients use a cluster of three masters: how many scripts the busiest master runs, by a
 * third of all.
 */
export async function clusterSpread(): Promise<number> {
  const group = await startRedisCluster();
  const served = await simulator('--store', group.url, '--scenario', 'manual', '--log-level', 'error');
  const post = async (path: string, type: string, body: string) => {
    const headers = { 'content-type': type };
    const answer = await fetch(`${served.url}${path}`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.arrayBuffer();
  };
  const masters = await group.findMasters();
  const countScripts = () =>
    Promise.all(
      masters.map(async (master) => {
        const stats = await command<string>(master, 'INFO', 'commandstats');
        return Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
      }),
    );
  const clients = Array.from({ length: CLIENTS }, (_, n) => ({ client_id: `c-${n}`, client_secret: 's' }));
  for (const client of clients) await post('/__admin/clients', 'application/json', JSON.stringify(client));
  const before = await countScripts();
  const issue = async (client: (typeof clients)[number]) => {
    const form = `${new URLSearchParams({ grant_type: 'client_credentials', ...client })}`;
    for (let n = 0; n < TOKENS_EACH; n += 1)
      await post('/o/token/', 'application/x-www-form-urlencoded', form);
  };
  await Promise.all(clients.map(issue));
  const scripts = (await countScripts()).map((count, index) => count - (before[index] ?? 0));
  await served.stop();
  await group.stop();
  return Math.max(...scripts) / (scripts.reduce((sum, count) => sum + count, 0) / masters.length);
}
