import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/at-least.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
}

interface Component {
  readonly name: string;
  readonly version: string;
  readonly hashes: readonly { readonly alg: string }[];
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

  it('is bundled: nothing else is installed with it', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'));
    expect({ ...dependencies, ...optionalDependencies }).toEqual({});
  });

  it('is listed in the bill of materials that is published, package by package', () => {
    const bom = JSON.parse(read('dist/sbom.cdx.json'));
    const components = bom.components as Component[];
    expect(bundled()).toContain(`fastify ${versionOf('fastify')}`);
    expect(bundled()).toContain(`@peculiar/x509 ${versionOf('@peculiar/x509')}`);
    expect(components.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(
      bundled().toSorted(),
    );
    expect(components.filter(({ hashes }) => !hashes.some(({ alg }) => alg === 'SHA-512'))).toEqual([]);
    expect(bom.metadata.component.name).toBe('mock-veridas');
    // Two builds of the same files are the same.
    expect([bom.serialNumber, bom.metadata.timestamp, bom.metadata.tools]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
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
