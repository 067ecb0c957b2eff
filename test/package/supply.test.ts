import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/at-least.ts';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
}

interface Component {
  readonly name: string;
  readonly version: string;
}

/** The packages of which something is in what was built, each with its version, as the notice of their licences has them. */
const bundled = (): string[] =>
  [...read('dist/THIRD-PARTY.txt').matchAll(/^-{80}\n\n(\S+ \S+) \(/gm)].map(([, named = '']) => named);
const versionOf = (name: string) => JSON.parse(read(`node_modules/${name}/package.json`)).version;

describe('what this is built from', () => {
  it('is locked: every package is known by its hash, and none comes from elsewhere than the registry', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
    const { '': _ours, ...others } = packages;
    const isLoose = ({ resolved, integrity = '' }: Locked) =>
      !integrity.startsWith('sha512-') || resolved?.startsWith('https://registry.npmjs.org/') === false;
    expect(Object.keys(others).filter((name) => isLoose(others[name] ?? {}))).toEqual([]);
  });

  it('can be listed: in the bill of materials that npm makes is all that is published and all that comes with it', async () => {
    const { stdout } = await run('npm', ['sbom', '--sbom-format=cyclonedx'], {
      cwd: ROOT,
      maxBuffer: 64 << 20,
    });
    const { components } = JSON.parse(stdout) as { components: Component[] };
    const { dependencies } = JSON.parse(read('package.json'));
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    const listed = components.map(({ name, version }) => `${name} ${version}`);
    expect(bundled()).toContain(`fastify ${versionOf('fastify')}`);
    expect(listed).toEqual(expect.arrayContaining(bundled()));
  });

  const workflows = ['.github/workflows', 'recipes/github'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`),
  );
  it.each(atLeast(4, workflows))('is built in %s by actions that are named by their commits', (workflow) => {
    const used = [...read(workflow).matchAll(/uses: (\S+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !/@[0-9a-f]{40}$/.test(name ?? ''))).toEqual([]);
  });
});
