import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { explainMissingTool, findTool } from './tools.ts';

/** Why the service cannot be started here, or undefined if it can. */
export const toolkitProblem = explainMissingTool('gunicorn') ?? explainMissingTool('django-oauth-toolkit');

/** Starts a real django-oauth-toolkit with one client, on a free port. */
export async function startToolkit(client: { readonly id: string; readonly secret: string }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-'));
  const child = spawn(findTool('gunicorn') ?? '', ['--bind', '127.0.0.1:0', 'settings:start()'], {
    cwd: path.join(import.meta.dirname, '../fixtures/oauth-toolkit'),
    env: {
      // biome-ignore lint/style/noProcessEnv: the child needs PATH
      PATH: process.env.PATH ?? '',
      DJANGO_SETTINGS_MODULE: 'settings',
      PYTHONDONTWRITEBYTECODE: '1',
      DATABASE: path.join(folder, 'db.sqlite3'),
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stderr);
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const [, found] = /Listening at: (\S+)/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    void exited.then(() => reject(new Error('gunicorn ended before it listened')));
  });
  return {
    url,
    async stop() {
      child.kill();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}
