import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMock } from '../../src/library/index.ts';
import { readScenarios } from '../../src/options/read-scenarios.ts';
import { pack, useConsumer } from '../support/consumer.ts';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../..');

/** Every kind of published file. */
const KINDS = [
  /^(?:CHANGELOG|README)\.md$|^LICENSE$|^llms\.txt$|^package\.json$/,
  /^dist\/(?:mock-veridas|command|issue-certificate)\.cjs$/,
  /^dist\/(?:index|vitest|playwright)\.js$/,
  /^dist\/(?:index|playwright|(?:attach|certificate|check-options|chunk|document|file|launch|markdown|ports|redis-store|tls|webapi|worker-report)-\w{8})\.cjs$/,
  /^dist\/contracts\/verifier-process\.js$/,
  /^dist\/browser\/(?:call|console|demo|overview|report)\.(?:css|js)$/,
  /^dist\/types\/library\/(?:index|vitest|playwright)\.d\.ts$/,
  /^dist\/types\/[\w/-]+\.d\.cts$/,
  /^dist\/(?:THIRD-PARTY\.txt|sbom\.cdx\.json)$/,
  /^fixtures\/(?:(?:config|profile|scenario)\.schema\.json|scenarios\/[\w-]+\.yaml)$/,
  /^docs\/(?:[\w-]+\/)?[\w-]+\.md$/,
  /^docs\/pictures\/[\w-]+\.png$/,
  /^recipes\/(?:[\w-]+\/)+[\w.-]+$/,
  /^contracts\/(?:(?:asyncapi|openapi)\.yaml|[\w-]+--videocall-manager\.json)$/,
];

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));

describe('the published package', () => {
  const project = useConsumer([]);
  const published = () => filesIn(project.tool('mock-veridas'));

  it('contains files of every expected kind and no others', () => {
    expect(published().filter((file) => !KINDS.some((kind) => kind.test(file)))).toEqual([]);
    expect(KINDS.filter((kind) => !published().some((file) => kind.test(file)))).toEqual([]);
  });

  it('names only declared peers in its type declarations', () => {
    const { peerDependenciesMeta } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const declarations = published().filter((file) => /\.d\.c?ts$/.test(file));
    const named = declarations.flatMap((file) => {
      const code = readFileSync(project.tool(`mock-veridas/${file}`), 'utf8').replace(/^ *\*.*$/gm, '');
      return [...code.matchAll(/(?:^(?:import|export) .* from |\bimport\()['"]([^.'"][^'"]*)/gm)].map(
        ([, name = '']) => name,
      );
    });
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !Object.hasOwn(peerDependenciesMeta, name))).toEqual([]);
  });

  it('plays the scenarios of its scenario files', async () => {
    const scenarios = readScenarios([project.tool('mock-veridas/fixtures/scenarios')]);
    expect(scenarios.size).toBeGreaterThan(10);
    await using fromFiles = await startMock({ scenarios });
    const { startMock: startBuilt } = await import(project.tool('mock-veridas/dist/index.js'));
    await using built = await startBuilt();
    expect(await built.scenarios.list()).toEqual(await fromFiles.scenarios.list());
  });

  it('creates a certificate without another package', async () => {
    const source =
      "import { startMock } from 'mock-veridas'; await (await startMock({ https: true })).close();";
    project.write('https.mjs', source);
    expect(await project.node(['https.mjs'], { HOME: project.folder() })).toEqual({ code: 0, output: '' });
    const command = ['exec', '--https', '--', process.execPath, '-e', ''];
    const home = { HOME: path.join(project.folder(), 'command') };
    const bin = project.tool('mock-veridas/dist/mock-veridas.cjs');
    expect(await project.node([bin, ...command], home)).toEqual({
      code: 0,
      output: expect.stringMatching(/^mock-veridas: coverage .*\n$/),
    });
  });

  it('takes less than 10 MB with everything that npm installs with it', () => {
    const modules = project.tool('');
    const sizes = filesIn(modules).map((file) => statSync(path.join(modules, file)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10_000_000);
  });

  describe('the packed file', () => {
    let folder: string;
    let file: string;
    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-package-'));
      file = await pack(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([
      ['publint', '--strict'],
      ['attw', '--profile', 'node16', '--exclude-entrypoints', 'vitest'],
      // Vitest is an ES module itself.
      ['attw', '--profile', 'esm-only', '--entrypoints', 'vitest'],
    ])('passes %s', async (tool, ...args) => {
      const problems = run('npx', [tool, file, ...args], { cwd: ROOT }).then(
        () => '',
        ({ stdout, stderr }) => `${stdout}${stderr}`,
      );
      expect(await problems).toBe('');
    });
  });
});
