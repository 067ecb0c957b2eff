import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { createManifest } from '../../build/manifest.ts';
import { findHeadlessChromium } from './chromium.ts';

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

/** Returns these packages and all packages that npm would install with them. */
function collectDependencies(names: readonly string[]): Set<string> {
  const all = new Set<string>();
  const follow = (name: string) => {
    const place = `node_modules/${name}`;
    // Optional packages for other platforms are not installed.
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

/** Runs a program until it exits. A non-zero exit code does not reject. */
export const run = (
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<Finished> =>
  exec(program, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  );

const PACKED = 'dist fixtures contracts docs recipes llms.txt CHANGELOG.md README.md LICENSE'.split(' ');

/** Packs the package as it is built into a folder, and returns the path of the file. */
export async function pack(folder: string): Promise<string> {
  // Not in place: another build, and package.json without its scripts, would be in the way of other tests.
  const copy = mkdtempSync(path.join(tmpdir(), 'mock-veridas-pack-'));
  for (const name of PACKED) cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  writeFileSync(path.join(copy, 'package.json'), createManifest());
  const args = ['pack', '--json', '--pack-destination', folder];
  const { stdout } = await exec('npm', args, { cwd: copy });
  rmSync(copy, { recursive: true });
  const packed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
  const [{ filename } = { filename: '' }] = Object.values(packed);
  return path.join(folder, filename);
}

/** A user's project that has installed the published package and some tools. */
export interface Consumer {
  /** The path of the project. */
  folder(): string;
  write(name: string, text: string): void;
  /** Runs Node in the project, this one or `program`. */
  node(args: readonly string[], env?: Record<string, string>, program?: string): Promise<Finished>;
  /** Returns the path of a file in `node_modules`. */
  tool(name: string): string;
}

/**
 * Unpacks the packed file into an empty project outside the repository.
 *
 * @param tools packages to copy from `node_modules`, with their dependencies
 * @param extra a folder whose installed packages are all copied too
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
      // biome-ignore lint/style/noProcessEnv: the child needs PATH and HOME
      const { PATH = '', HOME = '' } = process.env;
      return run(program, args, { cwd: folder, env: { PATH, HOME, NO_COLOR: '1', ...env } });
    },
  };
}

/** Returns a Playwright config that uses the Chromium of this machine. */
export const createPlaywrightConfig = (more = ''): string => `import { defineConfig } from '@playwright/test';
export default defineConfig({
  reporter: 'line',
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 60_000 },
  use: { ${more}launchOptions: { executablePath: '${findHeadlessChromium()}', args: ['--no-sandbox'] } },
});
`;
