import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openDrive } from '../support/drive.ts';
import { createPrefix, findFreePort } from '../support/redis.ts';
import { startSentinelGroup } from '../support/sentinel.ts';
import { explainMissingTool, findTool } from '../support/tools.ts';

const why = explainMissingTool('redis') ?? explainMissingTool('haproxy');
const CONFIG = readFileSync(path.join(import.meta.dirname, '../../docker/haproxy.cfg'), 'utf8');

it.skipIf(why)(
  `follows the master behind the HAProxy of the documentation, and not an old one that comes back${why ? ` (${why})` : ''}`,
  async () => {
    const group = await startSentinelGroup();
    const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-haproxy-'));
    const port = await findFreePort();
    const file = path.join(folder, 'haproxy.cfg');
    const hosts = group.servers.map(({ url }) => new URL(url).host);
    writeFileSync(
      file,
      ['one', 'two', 'three'].reduce(
        (text, name, i) => text.replace(`redis-${name}:6379`, hosts[i] ?? ''),
        CONFIG.replace('bind :6379', `bind 127.0.0.1:${port}`),
      ),
    );
    const balancer = spawn(findTool('haproxy') ?? '', ['-f', file], { stdio: 'ignore' });
    const ended = once(balancer, 'exit');
    try {
      const store = `redis://127.0.0.1:${port}`;
      let d: Awaited<ReturnType<typeof openDrive>> | undefined;
      await expect
        .poll(async () => (d = await openDrive({ store, storePrefix: createPrefix() })))
        .toBeDefined();
      if (d === undefined) return;
      const waitForStatus = (status: number) =>
        expect.poll(async () => (await d?.requestToken())?.status).toBe(status);
      await waitForStatus(200);
      const old = await group.findMaster();
      await old.signal('SIGKILL');
      await waitForStatus(503);
      await group.waitUntilReplaced(old);
      await old.restart();
      await waitForStatus(200);
      const token = await d.token();
      await group.waitUntilWhole();
      expect((await d.open(token, 'v')).status).toBe(200);
      await d.mock.close();
    } finally {
      balancer.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
      await group.stop();
    }
  },
);
