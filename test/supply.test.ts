import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
}

describe('what this is built from', () => {
  it('is locked: every package is known by its hash, and none comes from elsewhere than the registry', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
    const { '': _ours, ...others } = packages;
    const isLoose = ({ resolved, integrity = '' }: Locked) =>
      !integrity.startsWith('sha512-') || resolved?.startsWith('https://registry.npmjs.org/') === false;
    expect(Object.keys(others).filter((name) => isLoose(others[name] ?? {}))).toEqual([]);
  });

  it('can be listed: npm makes a bill of materials with all that it needs to run', async () => {
    const { stdout } = await run('npm', ['sbom', '--sbom-format=cyclonedx'], {
      cwd: ROOT,
      maxBuffer: 64 << 20,
    });
    const { components } = JSON.parse(stdout) as { components: { name: string }[] };
    const { dependencies } = JSON.parse(read('package.json'));
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  });

  const workflows = ['.github/workflows', 'recipes/github'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`),
  );
  it.each(workflows)('is built in %s by actions that are named by their commits', (workflow) => {
    const used = [...read(workflow).matchAll(/uses: (\S+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !/@[0-9a-f]{40}$/.test(name ?? ''))).toEqual([]);
  });
});
