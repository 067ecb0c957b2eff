import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/consumer.ts';
import {
  explainMissingPackageManager,
  getProgramPath,
  PACKAGE_MANAGERS,
} from '../support/package-managers.ts';

/** What npm does in a clone of the repository. */

const ROOT = path.join(import.meta.dirname, '../..');
const NOT_CLONED = ['.git', 'node_modules', 'dist', 'out', 'test-results'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-clone-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Copies the repository, with the names of the installed packages to link. */
function clone(name: string, ...installed: readonly string[]): string {
  const copy = path.join(folder, name);
  cpSync(ROOT, copy, {
    recursive: true,
    filter: (source) => !NOT_CLONED.includes(path.relative(ROOT, source)),
  });
  for (const one of installed) symlinkSync(path.join(ROOT, one), path.join(copy, one));
  return copy;
}

const inFolder = (cwd: string, program: string, ...args: readonly string[]) => {
  // biome-ignore lint/style/noProcessEnv: the child needs PATH
  const { PATH = '' } = process.env;
  return run(program, args, { cwd, env: { PATH, HOME: folder, npm_config_update_notifier: 'false' } });
};

describe('a clone', { timeout: 300_000 }, () => {
  it('is packed with a build and without scripts, and left as it was', async () => {
    const copy = clone('packed', 'node_modules');
    const before = readFileSync(path.join(copy, 'package.json'), 'utf8');
    const { code, output } = await inFolder(copy, 'npm', 'pack', '--pack-destination', folder);
    expect([code, output]).toEqual([0, expect.stringMatching(/mock-veridas-\d.*\.tgz/)]);
    expect(readFileSync(path.join(copy, 'package.json'), 'utf8')).toBe(before);

    const [, file = ''] = /^(mock-veridas-.*\.tgz)$/m.exec(output) ?? [];
    const unpack = (...names: readonly string[]) =>
      inFolder(folder, 'tar', '-xzOf', file, ...names.map((name) => `package/${name}`));
    const manifest = JSON.parse((await unpack('package.json')).output);
    expect(manifest.scripts).toBeUndefined();
    const { scripts: _, ...published } = JSON.parse(before);
    expect(manifest).toEqual(published);
    expect((await unpack('dist/mock-veridas.cjs')).code).toBe(0);
  });

  for (const manager of PACKAGE_MANAGERS.filter(({ name }) => name === 'npm 10' || name === 'npm 11')) {
    const missing = explainMissingPackageManager(manager);
    const title = `is installed by ${manager.name} with --omit=dev, and npm start says that it is not built`;
    it.skipIf(missing)(missing === undefined ? title : `${title} (${missing})`, async () => {
      const copy = clone(manager.name);
      const npm = (...args: readonly string[]) =>
        inFolder(copy, process.execPath, getProgramPath(manager), ...args);
      expect(await npm('ci', '--omit=dev', '--offline')).toMatchObject({ code: 0 });
      const { code, output } = await npm('start');
      expect(code).toBe(3);
      expect(output).toContain('mock-veridas: is not built: run npm run build');
      expect(output).not.toContain('    at ');
    });
  }
});

describe('the scripts of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

  it.each(Object.entries<string>(scripts))('%s has nothing that cmd.exe does not know', (_, script) => {
    for (const command of script.split(' && ')) {
      // Programs, npm and packages with a command; no built-ins of a shell, variables, quotes or patterns.
      expect(command).toMatch(/^(?:node|npm|tsc|tsx|biome|vitest) [\w ./=:-]*$/);
    }
  });
});
