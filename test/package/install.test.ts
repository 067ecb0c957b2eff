import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack, run } from '../support/consumer.ts';
import { getProgram } from '../support/docs.ts';
import { explainMissingNode, findNodeProgram } from '../support/nodes.ts';
import {
  explainMissingPackageManager,
  getProgramPath,
  HOME,
  PACKAGE_MANAGERS,
} from '../support/package-managers.ts';
import { explainMissingVitest5, getVitest5Version } from '../support/vitest-5.ts';

/** Real package managers install the packed file and its peers from the npm registry into empty projects. */

const ROOT = path.join(import.meta.dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

const REGISTRY = execFileSync('npm', ['config', 'get', 'registry'], { cwd: ROOT, encoding: 'utf8' }).trim();
/** How this machine reaches the registry. No other setting of the user counts. */
const NETWORK = /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(?:https?|no)_proxy)$/i;

function environment(node: string): Record<string, string> {
  // biome-ignore lint/style/noProcessEnv: the child needs PATH and the network settings
  const { PATH = '', ...others } = process.env;
  return {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => NETWORK.test(name))),
    PATH: `${path.dirname(node)}${path.delimiter}${PATH}`,
    HOME,
    NO_COLOR: '1',
    npm_config_registry: REGISTRY,
    npm_config_fetch_retry_mintimeout: '1000',
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    pnpm_config_registry: REGISTRY,
    YARN_NPM_REGISTRY_SERVER: REGISTRY,
    YARN_UNSAFE_HTTP_WHITELIST: new URL(REGISTRY).hostname,
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_NODE_LINKER: 'node-modules',
  };
}

const probe = ['view', 'reflect-metadata', 'version', '--prefer-offline=false', '--fetch-retries=1'];
const { code: probeCode } = await run('npm', probe, { cwd: tmpdir(), env: environment(process.execPath) });
const missingRegistry = probeCode === 0 ? undefined : 'the npm registry does not answer';

let folder: string;
let packed: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-install-'));
  packed = await pack(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Creates an empty project in `parent`. */
function createProject(node = process.execPath, parent = folder) {
  const cwd = mkdtempSync(path.join(parent, 'project-'));
  const write = (name: string, text: string) => writeFileSync(path.join(cwd, name), text);
  write('package.json', '{ "private": true, "type": "module" }');
  // Yarn 1 caches a packed file by its name only, so the cache of an earlier run would return an old file.
  const env = { ...environment(node), YARN_CACHE_FOLDER: path.join(folder, 'yarn-cache') };
  const runHere = (program: string, ...args: string[]) => run(program, args, { cwd, env });
  return {
    /** The packed file, as an argument for a package manager. */
    packed: `mock-veridas@file:${path.relative(cwd, packed)}`,
    write,
    node: (...args: string[]) => runHere(node, ...args),
    bin: (name: string, ...args: string[]) => runHere(path.join('node_modules/.bin', name), ...args),
  };
}

const { version: ourVersion, peerDependenciesMeta } = read('package.json');
const installedVersion = (name: string): string => read(`node_modules/${name}/package.json`).version;

/** Declares a test that needs the npm registry, and is also skipped for the reason `why`. */
function test(name: string, why: string | undefined, body: () => Promise<void>): void {
  const reason = why ?? missingRegistry;
  it.skipIf(reason)(reason === undefined ? name : `${name} (${reason})`, body);
}

describe('the packed file', { timeout: 300_000 }, () => {
  for (const manager of PACKAGE_MANAGERS)
    for (const version of manager.nodes)
      test(
        `installs in an empty project with ${manager.name} on Node ${version}`,
        explainMissingPackageManager(manager) ?? explainMissingNode(version),
        async () => {
          const project = createProject(findNodeProgram(version));
          const installed = await project.node(getProgramPath(manager), ...manager.add, project.packed);
          expect(installed).toEqual({ code: 0, output: expect.not.stringMatching(/warn|script/i) });

          project.write(
            'use.mjs',
            "import { startMock } from 'mock-veridas'; console.log(typeof startMock);",
          );
          expect(await project.node('use.mjs')).toEqual({ code: 0, output: 'function\n' });
          const command = await project.bin('mock-veridas', '--version');
          expect(command).toEqual({ code: 0, output: `${ourVersion}\n` });
        },
      );

  // Exact versions: npm 10 cannot resolve the range vitest@4, not even in a project without this package.
  const peers: { peer: string; missingPeer?: string | undefined }[] = [
    ...Object.keys(peerDependenciesMeta).map((name) => ({ peer: `${name}@${installedVersion(name)}` })),
    { peer: `vitest@${getVitest5Version()}`, missingPeer: explainMissingVitest5() },
  ];

  for (const manager of PACKAGE_MANAGERS.filter(({ name }) => name === 'npm 10' || name === 'npm 11'))
    for (const { peer, missingPeer } of peers)
      test(
        `installs beside ${peer} with ${manager.name}`,
        explainMissingPackageManager(manager) ?? missingPeer,
        async () => {
          const project = createProject();
          const npm = (...args: string[]) =>
            project.node(getProgramPath(manager), ...args, '--package-lock-only');
          expect(await npm(...manager.add, project.packed, peer)).toMatchObject({ code: 0 });
          const { code, output } = await npm('ls');
          expect(output).toContain(`-- ${peer}\n`);
          expect(code).toBe(0);
        },
      );

  // Without hoisting, a package can import only what it declares: Vitest must be in peerDependenciesMeta.
  for (const manager of PACKAGE_MANAGERS.filter(({ name }) => name.startsWith('pnpm')))
    test(
      `runs the Vitest example of the docs in a workspace of ${manager.name} without hoisting`,
      explainMissingPackageManager(manager),
      async () => {
        const workspace = mkdtempSync(path.join(folder, 'workspace-'));
        writeFileSync(path.join(workspace, 'pnpm-workspace.yaml'), "packages: ['*']\nhoist: false\n");
        const project = createProject(process.execPath, workspace);
        const add = [...manager.add, project.packed, `vitest@${installedVersion('vitest')}`];
        expect(await project.node(getProgramPath(manager), ...add)).toMatchObject({ code: 0 });
        project.write('videocall.test.ts', getProgram('videocall.test.ts'));
        const { code, output } = await project.bin('vitest', 'run');
        expect(output).toMatch(/Tests +\d+ passed/);
        expect(code).toBe(0);
      },
    );
});
