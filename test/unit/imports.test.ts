import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * What each part of `src` may import beside itself. A part is a file or a folder, without the parts inside it that have a row of
 * their own; `npm:NAME` and `node:NAME` are packages, and `*` is everything. Types count as well.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  guide: [],
  domain: ['guide'],

  store: ['store/store.ts', 'domain'],
  'store/store.ts': ['domain'],
  'store/redis': ['store/store.ts', 'domain', 'npm:redis', 'node:timers'],
  simulator: ['domain', 'guide', 'store/store.ts', 'system'],

  service: [
    'domain',
    'guide',
    'simulator',
    'system',
    'service/django',
    'options/choices.ts',
    'pages/assets.ts',
    'pages/headers.ts',
    'pages/call',
    'pages/call/messages.ts',
    'server/address.ts',
    'server/failure.ts',
    'server/metrics.ts',
    'server/on-disconnect.ts',
    'server/server-sent-events.ts',
    'server/store-unavailable.ts',
    'npm:@fastify/formbody',
    'npm:@fastify/multipart',
    'npm:fastify',
    'npm:fastify-plugin',
    'npm:typebox',
    'node:http',
    'node:stream',
  ],
  'service/django': ['domain', 'npm:fastify', 'node:buffer'],

  control: [
    'domain',
    'guide',
    'simulator',
    'system',
    'control/handlers',
    'control/schema',
    'pages/assets.ts',
    'pages/headers.ts',
    'pages/console/messages.ts',
    'pages/demo',
    'pages/demo/messages.ts',
    'pages/call/messages.ts',
    'server/address.ts',
    'server/failure.ts',
    'server/on-disconnect.ts',
    'server/server-sent-events.ts',
    'server/store-unavailable.ts',
    'service/call-origins.ts',
    'npm:fastify',
    'npm:@fastify/basic-auth',
    'node:crypto',
    'node:events',
    'node:timers',
  ],
  'control/schema': ['domain', 'guide', 'pages/call/messages.ts', 'npm:typebox'],
  'control/handlers': [
    'domain',
    'simulator',
    'control/answers.ts',
    'control/errors.ts',
    'control/schema',
    'contracts/provider-states',
    'server/address.ts',
  ],

  pages: ['system', 'node:fs'],
  'pages/call': ['domain', 'pages/call/messages.ts', 'pages/html.ts'],
  'pages/call/messages.ts': ['domain', 'npm:typebox'],
  'pages/call/script': ['domain', 'pages/call/messages.ts', 'pages/wire.ts'],
  'pages/demo': ['domain', 'guide', 'pages/demo/messages.ts', 'pages/html.ts'],
  'pages/demo/messages.ts': ['control/schema', 'npm:typebox'],
  'pages/demo/script': ['domain', 'pages/demo/messages.ts', 'pages/wire.ts'],
  'pages/components': ['domain', 'guide', 'control/schema', 'npm:preact'],
  'pages/console': [
    'domain',
    'guide',
    'control/schema',
    'pages/components',
    'pages/console/messages.ts',
    'npm:preact',
  ],
  'pages/console/messages.ts': ['domain', 'control/schema', 'npm:typebox'],
  'pages/report': [
    'domain',
    'control/schema',
    'pages/components',
    'npm:preact',
    'npm:preact-render-to-string',
  ],

  server: [
    'domain',
    'guide',
    'control',
    'control/schema',
    'pages/call/messages.ts',
    'options/choices.ts',
    'service',
    'service/django',
    'simulator/away.ts',
    'system',
    'npm:@peculiar/x509',
    'npm:fastify',
    'npm:reflect-metadata',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:http2',
    'node:net',
    'node:os',
    'node:path',
    'node:tls',
  ],
  'server/launch.ts': ['*'],
  'server/media': [
    'server/listen.ts',
    'server/tls.ts',
    'service/port-probes.ts',
    'node:crypto',
    'node:dgram',
    'node:http',
    'node:net',
  ],

  options: [
    'domain',
    'control/schema',
    'options/choices.ts',
    'options/yaml',
    'server/address.ts',
    'system/package.ts',
    'npm:typebox',
    'node:crypto',
    'node:fs',
    'node:path',
    'node:url',
    'node:util',
  ],
  'options/choices.ts': [],
  'options/yaml': ['control/schema', 'npm:typebox', 'npm:yaml', 'node:fs', 'node:path'],

  library: [
    'domain',
    'guide',
    'contracts/asking.ts',
    'control/schema',
    'server/address.ts',
    'server/launch.ts',
    'server/listen.ts',
    'store',
    'store/store.ts',
    'system/clock.ts',
    'library/playwright',
    'npm:@playwright/test',
    'npm:vitest',
  ],
  'library/playwright': [
    'domain',
    'guide',
    'library',
    'npm:@playwright/test',
    'node:http',
    'node:net',
    'node:timers',
  ],

  contracts: [
    'guide',
    'control/schema',
    'contracts/provider-states/table.ts',
    'system/package.ts',
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
  'contracts/provider-states': ['domain', 'guide', 'simulator', 'contracts/provider-states/table.ts'],
  'contracts/provider-states/table.ts': ['guide', 'control/schema', 'npm:typebox'],

  system: ['domain', 'guide', 'store/store.ts', 'npm:jose', 'node:crypto', 'node:fs', 'node:os', 'node:path'],

  // The commands compose everything, and nothing imports them.
  cli: ['*'],
};

const SRC = path.join(import.meta.dirname, '../../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.c?tsx?$/.test(file),
);

const isIn = (file: string, part: string): boolean => file === part || file.startsWith(`${part}/`);

/** The innermost part that a file is in. */
const partOf = (file: string): string =>
  Object.keys(MAY_IMPORT)
    .filter((part) => isIn(file, part))
    .sort((one, other) => other.length - one.length)[0] ?? '';

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier.split('/', 1)[0] ?? '';
  const [scope, name] = specifier.split('/');
  return `npm:${scope?.startsWith('@') ? `${scope}/${name}` : scope}`;
}

/** Files and packages that a source text imports, statically or not; what examples in comments import does not count. */
function importsOf(file: string, source: string): string[] {
  const code = source.replace(/^ *\*.*$/gm, '');
  const specifiers = code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*|\brequire\()'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.') ? path.join(path.dirname(file), specifier) : packageOf(specifier),
  );
}

function forbidden(file: string, source: string): string[] {
  const part = partOf(file);
  const allowed = MAY_IMPORT[part] ?? [];
  const isAllowed = (to: string) =>
    allowed.includes('*')
      ? !isIn(to, 'cli') || part === 'cli'
      : allowed.some((one) => one === to || one === partOf(to)) || partOf(to) === part;
  return importsOf(file, source).filter((to) => !isAllowed(to));
}

describe('the walls', () => {
  it('stand around every file', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(files.filter((file) => partOf(file) === '')).toEqual([]);
  });

  it.each(files)('%s imports only what its part may', (file) => {
    expect(forbidden(file, readFileSync(path.join(SRC, file), 'utf8'))).toEqual([]);
  });

  it('are seen to stand: a forbidden import is found', () => {
    const source =
      "import { readFileSync } from 'node:fs';\nimport type { X } from '../../server/fastify.ts';\nawait import('jose');";
    expect(forbidden('domain/call.ts', source)).toEqual(['node:fs', 'server/fastify.ts', 'npm:jose']);
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
      extends: path.join(SRC, 'tsconfig', tsconfig),
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
    ['pure.json', 'export const x = process.pid;'],
    ['pure.json', "import 'node:fs';\nimport fs from 'node:fs';\nexport { fs };"],
    ['pure.json', 'export const x = document.title;'],
    ['pure.json', 'export const x = setTimeout(() => {}, 1);'],
    ['node.json', 'export const x = document.title;'],
    ['browser.json', 'export const x = process.pid;'],
    ['browser.json', 'export const x = [1].at(-1);'],
  ])('of %s does not know %s', (tsconfig, source) => {
    expect(compiled(tsconfig, source)).toMatch(/intruder\.ts\(\d+,\d+\): error TS/);
  });

  it('know what they should', () => {
    expect(compiled('pure.json', 'export const x = [1].at(-1);')).toBe('');
  });
});
