import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { find } from './tools.ts';

const exec = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '..');
const MANIFEST = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

/** A project of somebody else, who has installed what is published, and tools of their own. */
export interface Consumer {
  /** Where it is. */
  folder(): string;
  write(name: string, text: string): void;
  /** Runs Node there, and answers all that it says. */
  node(args: readonly string[], env?: Record<string, string>): Promise<{ code: number; output: string }>;
  /** A file of a tool in its `node_modules`. */
  tool(name: string): string;
}

/** Unpacks what would be published into an empty folder; of other packages only those are there that are asked for. */
export function consumer(tools: readonly string[]): Consumer {
  let folder = '';
  const modules = (name: string) => path.join(folder, 'node_modules', name);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-consumer-'));
    mkdirSync(modules('mock-veridas'), { recursive: true });
    // Built it is already, and what builds it would be seen by other tests half done.
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await exec('npm', pack, { cwd: ROOT });
    const packed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
    const [{ filename } = { filename: '' }] = Object.values(packed);
    const unpack = ['-xzf', path.join(folder, filename), '--strip-components=1'];
    await exec('tar', [...unpack, '-C', modules('mock-veridas')]);
    for (const name of [...Object.keys(MANIFEST.dependencies), ...tools]) {
      mkdirSync(path.dirname(modules(name)), { recursive: true });
      symlinkSync(path.join(ROOT, 'node_modules', name), modules(name), 'dir');
    }
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  return {
    folder: () => folder,
    tool: modules,
    write(name, text) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    },
    async node(args, env = {}) {
      // biome-ignore lint/style/noProcessEnv: the child needs what any child needs
      const { PATH = '', HOME = '' } = process.env;
      const options = { cwd: folder, env: { PATH, HOME, NO_COLOR: '1', ...env } };
      return exec(process.execPath, args, options).then(
        ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
        ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
      );
    },
  };
}

/** A Playwright config by which its tests run in this machine's Chromium. */
export const playwrightConfig = (more = ''): string => `import { defineConfig } from '@playwright/test';
export default defineConfig({
  reporter: 'line',
  workers: 1,
  timeout: 90_000,
  use: { ${more}launchOptions: { executablePath: '${find('chromium')}', args: ['--no-sandbox'] } },
});
`;
