import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Which room may import which. A room is a folder of `src` or a file in it; `npm:NAME` and `node:NAME` are
 * packages. Types count as well: a wall with windows would not hold up.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  guide: [],
  domain: ['guide'],
  protocol: ['guide', 'domain', 'npm:typebox'],
  address: ['node:net', 'node:os'],
  certificate: [
    'domain',
    'npm:@peculiar/x509',
    'npm:reflect-metadata',
    'own-folder',
    'node:crypto',
    'node:fs',
    'node:net',
    'node:path',
  ],
  'own-folder': ['node:os', 'node:path'],
  junit: [],
  store: ['domain', 'protocol', 'npm:redis', 'node:timers'],
  clock: ['domain'],
  random: ['node:crypto'],
  signing: ['domain', 'guide', 'store', 'random', 'npm:jose'],
  simulator: ['domain', 'guide', 'store', 'random', 'signing'],
  states: ['protocol', 'domain', 'guide', 'store', 'clock', 'random', 'signing', 'simulator'],
  yaml: ['protocol', 'npm:yaml', 'npm:typebox', 'node:fs', 'node:path'],
  scenarios: ['package', 'protocol', 'domain', 'yaml', 'node:fs', 'node:path', 'node:url'],
  'folder-watch': ['node:fs', 'node:path'],
  'scenario-watch': ['folder-watch', 'scenarios', 'domain', 'yaml', 'node:fs'],
  config: [
    'address',
    'protocol',
    'domain',
    'yaml',
    'scenarios',
    'npm:typebox',
    'node:crypto',
    'node:fs',
    'node:path',
    'node:util',
  ],
  http: [
    'address',
    'package',
    'simulator',
    'states',
    'signing',
    'random',
    'protocol',
    'domain',
    'guide',
    'npm:fastify',
    'npm:@fastify/basic-auth',
    'npm:typebox',
    'node:events',
    'node:fs',
    'node:http',
    'node:http2',
    'node:net',
    'node:tls',
    'node:crypto',
    'node:stream',
    'node:timers',
  ],
  media: ['http', 'guide', 'node:crypto', 'node:dgram', 'node:http', 'node:net'],
  browser: ['domain', 'guide', 'protocol'],
  view: ['domain', 'guide', 'protocol', 'npm:preact', 'npm:preact-render-to-string'],
  package: ['node:fs'],
  report: ['package', 'contracts', 'junit', 'view', 'domain', 'node:crypto', 'node:fs', 'node:path'],
  library: ['address', 'contracts', 'protocol', 'domain', 'guide', 'npm:typebox'],
  testing: ['index', 'library'],
  vitest: ['index', 'testing', 'npm:vitest'],
  playwright: [
    'index',
    'testing',
    'library',
    'domain',
    'guide',
    'npm:@playwright/test',
    'node:http',
    'node:net',
    'node:timers',
  ],
  contracts: [
    'junit',
    'package',
    'protocol',
    'guide',
    'npm:@pact-foundation/pact-core',
    'npm:yaml',
    'node:child_process',
    'node:fs',
    'node:http',
    'node:module',
    'node:net',
    'node:os',
    'node:path',
    'node:stream',
    'node:url',
  ],
};
/** These stand above the others and may import any of them. */
const ABOVE = ['index', 'launch', 'commands', 'cli'];

const SRC = path.join(import.meta.dirname, '../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));

const roomOf = (file: string): string => file.split(path.sep)[0]?.replace(/\.tsx?$/, '') ?? '';

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier.split('/', 1)[0] ?? '';
  const [scope, name] = specifier.split('/');
  return `npm:${scope?.startsWith('@') ? `${scope}/${name}` : scope}`;
}

/** Rooms and packages that a source text imports, statically or not; what examples in comments import does not count. */
function importsOf(file: string, source: string): string[] {
  const code = source.replace(/^ *\*.*$/gm, '');
  const specifiers = code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.')
      ? roomOf(path.relative(SRC, path.resolve(SRC, path.dirname(file), specifier)))
      : packageOf(specifier),
  );
}

const forbidden = (file: string, source: string): string[] => {
  const room = roomOf(file);
  if (ABOVE.includes(room)) return [];
  return importsOf(file, source).filter((to) => to !== room && !MAY_IMPORT[room]?.includes(to));
};

describe('the walls', () => {
  it.each(files)('%s imports only what its room may', (file) => {
    expect(forbidden(file, readFileSync(path.join(SRC, file), 'utf8'))).toEqual([]);
  });

  it('are seen to stand: a forbidden import is found', () => {
    const source =
      "import { readFileSync } from 'node:fs';\nimport type { X } from '../http/server.ts';\nawait import('jose');";
    expect(forbidden('domain/call.ts', source)).toEqual(['node:fs', 'http', 'npm:jose']);
  });
});

const DIST = path.join(SRC, '../dist');

/** What is loaded with a file of the library: files with their texts, and names of packages but those of Node itself. */
function loadedWith(file: string, seen = new Map<string, string>()): Map<string, string> {
  const source = readFileSync(path.join(DIST, file), 'utf8');
  seen.set(file, source);
  for (const [, relative, name = ''] of source.matchAll(/^import\b[^;=]*?["'](\.\/)?([^"']+)["'];$/gm)) {
    if (name.startsWith('node:') || seen.has(name)) continue;
    if (relative === undefined) seen.set(name, '');
    else loadedWith(name, seen);
  }
  return seen;
}

describe('the library', () => {
  it.each([
    ['index', []],
    ['vitest', ['vitest']],
    ['playwright', ['@playwright/test']],
  ])('loads for %s no package but %j, and none that is bundled', (name, packages) => {
    const loaded = loadedWith(`${name}.js`);
    expect([...loaded.keys()].filter((one) => !one.endsWith('.js'))).toEqual(packages);
    expect([...loaded.values()].join('\n')).not.toContain('// node_modules/');
  });

  it('loads the server when it is to be started', () => {
    const [, server = ''] =
      /\bimport\("\.\/(launch-\w+\.js)"\)/.exec([...loadedWith('index.js').values()].join('\n')) ?? [];
    expect(loadedWith(server).get(server)).toContain('// node_modules/fastify/');
  });
});

/** What the compiler says of `source` as a file of the environment that `tsconfig` describes. */
function compiled(tsconfig: string, source: string): string {
  const folder = mkdtempSync(path.join(SRC, '../out/wall-'));
  try {
    writeFileSync(path.join(folder, 'intruder.ts'), source);
    const config = {
      extends: path.join(SRC, tsconfig),
      compilerOptions: {
        composite: false,
        emitDeclarationOnly: false,
        tsBuildInfoFile: null,
        noEmit: true,
        rootDir: '.',
      },
      files: ['intruder.ts'],
      include: [],
      references: [],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = spawnSync('npx', ['tsc', '-p', folder], { encoding: 'utf8' });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the environments', () => {
  it.each([
    ['tsconfig.pure.json', 'export const x = process.pid;'],
    ['tsconfig.pure.json', "import 'node:fs';\nimport fs from 'node:fs';\nexport { fs };"],
    ['tsconfig.pure.json', 'export const x = document.title;'],
    ['tsconfig.pure.json', 'export const x = setTimeout(() => {}, 1);'],
    ['tsconfig.node.json', 'export const x = document.title;'],
    ['browser/tsconfig.json', 'export const x = process.pid;'],
    ['browser/tsconfig.json', 'export const x = [1].at(-1);'],
  ])('of %s does not know %s', (tsconfig, source) => {
    expect(compiled(tsconfig, source)).toMatch(/intruder\.ts\(\d+,\d+\): error TS/);
  });

  it('know what they should', () => {
    expect(compiled('tsconfig.pure.json', 'export const x = [1].at(-1);')).toBe('');
  });
});
