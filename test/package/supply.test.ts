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

/** The names and versions of the bundled packages, from the licence notices. */
const listBundledPackages = (): string[] =>
  [...read('dist/THIRD-PARTY.txt').matchAll(/^-{80}\n\n(\S+ \S+) \(/gm)].map(([, named = '']) => named);
const versionOf = (name: string) => JSON.parse(read(`node_modules/${name}/package.json`)).version;

describe('the supply chain', () => {
  it('locks every package by its hash and from the npm registry only', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
    const { '': _ours, ...others } = packages;
    const isLoose = ({ resolved, integrity = '' }: Locked) =>
      !integrity.startsWith('sha512-') || resolved?.startsWith('https://registry.npmjs.org/') === false;
    expect(Object.keys(others).filter((name) => isLoose(others[name] ?? {}))).toEqual([]);
  });

  it('declares no dependency to install with the package', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'));
    expect({ ...dependencies, ...optionalDependencies }).toEqual({});
  });

  it('lists every bundled package in the published bill of materials', () => {
    const bom = JSON.parse(read('dist/sbom.cdx.json'));
    const components = bom.components as Component[];
    expect(listBundledPackages()).toContain(`fastify ${versionOf('fastify')}`);
    expect(listBundledPackages()).toContain(`@peculiar/x509 ${versionOf('@peculiar/x509')}`);
    expect(components.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(
      listBundledPackages().toSorted(),
    );
    expect(components.filter(({ hashes }) => !hashes.some(({ alg }) => alg === 'SHA-512'))).toEqual([]);
    expect(bom.metadata.component.name).toBe('mock-veridas');
    // Without these fields, two builds of the same files are identical.
    expect([bom.serialNumber, bom.metadata.timestamp, bom.metadata.tools]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  const workflows = ['.github/workflows', 'recipes/github'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`),
  );
  it.each(atLeast(4, workflows))('pins every action in %s to a commit', (workflow) => {
    const used = [...read(workflow).matchAll(/uses: (\S+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !/@[0-9a-f]{40}$/.test(name ?? ''))).toEqual([]);
  });
});
