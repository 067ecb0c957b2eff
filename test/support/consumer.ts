import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { findTool } from './tools.ts';

const exec = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

type Names = Readonly<Record<string, unknown>>;
interface LockedPackage {
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly peerDependencies?: Names;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}
const LOCKED: Readonly<Record<string, LockedPackage>> = read('package-lock.json').packages;

function listDependencies({ peerDependenciesMeta, ...locked }: LockedPackage): string[] {
  const { dependencies, optionalDependencies, peerDependencies = {} } = locked;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/** Packages by their names, with all that npm would bring with them. */
function collectDependencies(names: readonly string[]): Set<string> {
  const all = new Set<string>();
  const follow = (name: string) => {
    const place = `node_modules/${name}`;
    // Not every package is there for every machine.
    if (all.has(name) || !existsSync(path.join(ROOT, place))) return;
    all.add(name);
    const inner = Object.keys(LOCKED).filter((other) => other === place || other.startsWith(`${place}/`));
    for (const other of inner) listDependencies(LOCKED[other] ?? {}).forEach(follow);
  };
  names.forEach(follow);
  return all;
}

interface Finished {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

/** Runs a program to its end. A failed one is an answer too. */
export const run = (
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<Finished> =>
  exec(program, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  );

/** Packs what would be published into a folder; answers the file. */
export async function pack(folder: string): Promise<string> {
  // Built it is already, and what builds it would be seen by other tests half done.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await exec('npm', args, { cwd: ROOT });
  const packed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
  const [{ filename } = { filename: '' }] = Object.values(packed);
  return path.join(folder, filename);
}

/** A project of somebody else, who has installed what is published, and tools of their own. */
export interface Consumer {
  /** Where it is. */
  folder(): string;
  write(name: string, text: string): void;
  /** Runs Node there, this one or `program`, and answers all that it says. */
  node(args: readonly string[], env?: Record<string, string>, program?: string): Promise<Finished>;
  /** A file of a tool in its `node_modules`. */
  tool(name: string): string;
}

/**
 * Unpacks what would be published into an empty folder, far from this one; of other packages there are copies of those only
 * that npm would bring with it or that are asked for, and of all packages installed in the folder `extra`.
 */
export function useConsumer(tools: readonly string[], extra?: string): Consumer {
  let folder = '';
  const modules = (name: string) => path.join(folder, 'node_modules', name);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-consumer-'));
    mkdirSync(modules('mock-veridas'), { recursive: true });
    const unpack = ['-xzf', await pack(folder), '--strip-components=1'];
    await exec('tar', [...unpack, '-C', modules('mock-veridas')]);
    for (const name of collectDependencies(tools))
      cpSync(path.join(ROOT, 'node_modules', name), modules(name), { recursive: true });
    if (extra !== undefined && existsSync(extra))
      cpSync(path.join(extra, 'node_modules'), modules(''), { recursive: true });
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
    async node(args, env = {}, program = process.execPath) {
      // biome-ignore lint/style/noProcessEnv: the child needs what any child needs
      const { PATH = '', HOME = '' } = process.env;
      return run(program, args, { cwd: folder, env: { PATH, HOME, NO_COLOR: '1', ...env } });
    },
  };
}

/** A Playwright config by which its tests run in this machine's Chromium. */
export const createPlaywrightConfig = (more = ''): string => `import { defineConfig } from '@playwright/test';
export default defineConfig({
  reporter: 'line',
  workers: 1,
  timeout: 90_000,
  use: { ${more}launchOptions: { executablePath: '${findTool('chromium')}', args: ['--no-sandbox'] } },
});
`;
