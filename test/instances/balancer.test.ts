import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { driveAt } from '../support/drive.ts';
import { type Instance, startInstance } from '../support/instances.ts';
import { createPrefix, findFreePort, type RedisServer, startRedis } from '../support/redis.ts';
import { openShop, type Shop, waitForEvents } from '../support/shop.ts';
import { explainMissingTool, findTool } from '../support/tools.ts';

const why = explainMissingTool('nginx') ?? explainMissingTool('redis') ?? explainMissingTool('chromium');

/** Returns the balancer configuration of docker-compose.yml, with these instances. */
function createBalancerConfig(instances: readonly string[], port: number, folder: string): string {
  const [one = '', two = ''] = instances.map((url) => new URL(url).host);
  return readFileSync(path.join(import.meta.dirname, '../../docker/balancer.conf'), 'utf8')
    .replace('simulator-one:4010', one)
    .replace('simulator-two:4010', two)
    .replace('listen 4010', `listen 127.0.0.1:${port}`)
    .replace(
      'http {',
      `pid ${folder}/pid;\nhttp {\n${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}`,
    );
}
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

describe.skipIf(why)(
  `two instances behind the balancer of docker-compose.yml${why ? ` (skipped: ${why})` : ''}`,
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-balancer-'));
    let redis: RedisServer;
    let instances: Instance[];
    let balancer: ChildProcess;
    let port: number;
    let browser: Browser;
    let shop: Shop;

    beforeAll(async () => {
      redis = await startRedis({ keeps: true });
      port = await findFreePort();
      const flags = [
        ...['--store', redis.url, '--store-prefix', createPrefix(), '--scenario', 'manual'],
        // The balancer is a proxy, so its requests to the control API need credentials.
        ...['--admin-password', 'secret'],
        ...['--trust-proxy', '127.0.0.1', '--browser-url', `http://videocall.localhost:${port}`],
      ];
      instances = await Promise.all([startInstance(flags), startInstance(flags)]);
      const file = path.join(folder, 'nginx.conf');
      writeFileSync(
        file,
        createBalancerConfig(
          instances.map(({ url }) => url),
          port,
          folder,
        ),
      );
      balancer = spawn(findTool('nginx') ?? '', ['-c', file, '-g', 'daemon off;'], { stdio: 'ignore' });
      browser = await launchChromium();
      shop = await openShop();
    });
    afterAll(async () => {
      await browser?.close();
      await shop?.close();
      balancer?.kill();
      await Promise.all(instances.map((one) => one.kill()));
      await redis?.stop();
      rmSync(folder, { recursive: true });
    });

    it('delivers the three events to a page while one of the instances is killed in mid-call', async () => {
      const url = `http://127.0.0.1:${port}`;
      const d = driveAt({ url, adminUrl: `${url}/__admin` }, `Basic ${btoa('admin:secret')}`);
      await expect
        .poll(async () => (await fetch(`${url}/__admin/health`).catch(() => undefined))?.status)
        .toBe(200);
      const token = await d.token();
      const page = await browser.newPage();
      const frame = `http://videocall.localhost:${port}/call?access_token=${token}&validation_id=val-1`;
      await page.goto(shop.getPageUrl(frame));
      await expect.poll(async () => (await d.admin('GET', '/calls')).json.items[0]?.page).toBe('open');

      const act = (action: string) => d.admin('POST', '/calls/val-1/agent', { action });
      expect((await act('join')).json.page).toBe('posted');
      for (const [index, action] of ['start', 'end'].entries()) {
        const killed = instances[index] as Instance;
        await killed.kill();
        // A page that has not reconnected to the other instance yet does so after the action.
        await expect.poll(async () => (await act(action)).status).toBeOneOf([200, 409]);
        await waitForEvents(page, index + 2);
        await killed.start();
      }
      const codes = (await waitForEvents(page, 3)).map(({ code }) => code);
      expect(codes).toEqual(['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted']);
      expect((await d.open(token, 'val-1')).status).toBe(403);
    });
  },
);
