import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTool } from './tools.ts';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Starts nginx with this content of its `http` block. Returns a function that stops it. */
export async function startNginx(http: string): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-nginx-'));
  const file = path.join(folder, 'nginx.conf');
  const places = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
  writeFileSync(file, `pid ${folder}/pid;\nevents {}\nhttp {\naccess_log off;\n${places}\n${http}\n}\n`);
  const nginx = spawn(findTool('nginx') ?? '', ['-c', file, '-g', 'daemon off;'], { stdio: 'ignore' });
  const exited = once(nginx, 'exit');
  return async () => {
    nginx.kill();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
}
