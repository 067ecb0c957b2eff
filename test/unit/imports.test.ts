import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * What each part of `src` may import besides itself. A part is a file or a folder, without the parts inside it that have a row of
 * their own. `npm:NAME` and `node:NAME` are packages, and `*` is everything. Type imports count too.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  guide: [],
  domain: ['guide'],

  store: ['store/store.ts', 'domain', 'system/timers.ts'],
  'store/store.ts': ['domain'],
  'store/redis': [
    'store/store.ts',
    'domain',
    'npm:redis',
    'node:crypto',
    'node:fs',
    'system/clock.ts',
    'system/timers.ts',
  ],
  simulator: ['domain', 'guide', 'store/store.ts', 'system'],

  service: [
    'domain',
    'guide',
    'simulator',
    'system',
    'service/django',
    'service/forms.ts',
    'options/choices.ts',
    'pages/assets.ts',
    'pages/headers.ts',
    'pages/call',
    'pages/call/messages.ts',
    'pages/call/texts.ts',
    'server/address.ts',
    'server/client-errors.ts',
    'server/failure.ts',
    'server/metrics.ts',
    'server/on-disconnect.ts',
    'server/server-sent-events.ts',
    'server/unreadable.ts',
    'npm:fastify',
    'npm:negotiator',
    'npm:typebox',
    'node:http',
    'node:stream',
    'system/timers.ts',
  ],
  'service/forms.ts': [
    'guide',
    'service/django',
    'npm:@fastify/formbody',
    'npm:@fastify/multipart',
    'npm:fastify',
    'npm:fastify-plugin',
  ],
  'service/django': ['domain', 'npm:fastify', 'node:buffer'],

  control: [
    'domain',
    'simulator',
    'control/guard.ts',
    'control/handlers',
    'control/overview.ts',
    'control/schema',
    'pages/console/messages.ts',
    'pages/overview',
    'server/on-disconnect.ts',
    'npm:fastify',
  ],
  'control/guard.ts': [
    'control',
    'server/address.ts',
    'server/failure.ts',
    'npm:@fastify/basic-auth',
    'npm:@fastify/cors',
    'npm:fastify',
    'node:crypto',
  ],
  'control/console.ts': [
    'control',
    'control/guard.ts',
    'control/report',
    'control/schema',
    'pages/assets.ts',
    'pages/headers.ts',
    'pages/console/messages.ts',
    'pages/report',
    'server/failure.ts',
    'server/on-disconnect.ts',
    'server/server-sent-events.ts',
    'npm:fastify',
    'node:events',
    'system/timers.ts',
  ],
  'control/report': [
    'domain',
    'contracts/junit-xml.ts',
    'control/client.ts',
    'control/schema',
    'pages/call/messages.ts',
    'pages/components',
    'pages/report',
    'system/create-folder.ts',
    'system/package.ts',
    'node:crypto',
    'node:fs',
    'node:path',
  ],
  'control/overview.ts': [
    'control/schema',
    'pages/assets.ts',
    'pages/headers.ts',
    'pages/overview',
    'npm:fastify',
    'npm:negotiator',
    'node:crypto',
    'node:http',
  ],
  'control/docs.ts': ['control/overview.ts', 'pages/overview', 'system', 'npm:fastify', 'node:fs'],
  'control/demo.ts': [
    'domain',
    'guide',
    'simulator',
    'system',
    'control',
    'control/guard.ts',
    'control/handlers',
    'control/schema',
    'pages/assets.ts',
    'pages/headers.ts',
    'pages/call/messages.ts',
    'pages/demo',
    'pages/demo/messages.ts',
    'server/address.ts',
    'service/call-origins.ts',
    'npm:fastify',
  ],
  'control/schema': ['domain', 'guide', 'pages/call/messages.ts', 'npm:typebox'],
  // Pages and Node programs share the pure code in control/schema for their requests.
  'control/client.ts': ['control/schema', 'system/http.ts'],
  'control/handlers': [
    'domain',
    'simulator',
    'control/answers.ts',
    'control/errors.ts',
    'control/schema',
    'contracts/provider-states',
    'system/clock.ts',
  ],

  pages: ['system', 'node:fs'],
  'pages/control.ts': ['control/schema'],
  'pages/call': ['domain', 'pages/call/messages.ts', 'pages/call/texts.ts', 'pages/html.ts'],
  'pages/call/messages.ts': ['domain', 'pages/call/texts.ts', 'npm:typebox'],
  'pages/call/script': ['domain', 'pages/call/messages.ts', 'pages/wire.ts'],
  'pages/call/texts.ts': [],
  'pages/demo': ['domain', 'guide', 'pages/demo/messages.ts', 'pages/html.ts'],
  'pages/demo/messages.ts': ['control/schema', 'npm:typebox'],
  'pages/demo/script': ['domain', 'guide', 'pages/control.ts', 'pages/demo/messages.ts', 'pages/wire.ts'],
  'pages/overview': [
    'control/schema',
    'pages/html.ts',
    'npm:marked',
    'npm:marked-gfm-heading-id',
    'node:path',
  ],
  'pages/components': ['domain', 'guide', 'control/schema', 'npm:preact'],
  'pages/console': [
    'domain',
    'guide',
    'control/schema',
    'pages/components',
    'pages/console/messages.ts',
    'pages/control.ts',
    'npm:preact',
  ],
  'pages/console/messages.ts': ['domain', 'control/schema', 'npm:typebox'],
  'pages/report': [
    'domain',
    'guide',
    'control/schema',
    'pages/components',
    'npm:preact',
    'npm:preact-render-to-string',
  ],

  server: [
    'domain',
    'guide',
    'control/schema',
    'pages/call/messages.ts',
    'options/choices.ts',
    'service/call-origins.ts',
    'service/port-probes.ts',
    'store/store.ts',
    'system',
    'npm:@peculiar/x509',
    'npm:fastify',
    'npm:pino',
    'npm:reflect-metadata',
    'node:crypto',
    'node:events',
    'node:fs',
    'node:http',
    'node:http2',
    'node:net',
    'node:path',
    'system/timers.ts',
    'node:tls',
  ],
  // The only file of the server that knows the routes.
  'server/fastify.ts': [
    'control/schema',
    'control',
    'control/console.ts',
    'control/demo.ts',
    'control/docs.ts',
    'control/overview.ts',
    'service',
    'service/django',
    'server',
    'npm:fastify',
    'node:http',
  ],
  'server/launch.ts': ['*'],
  'server/open-store.ts': [
    'domain',
    'options',
    'simulator',
    'store',
    'store/store.ts',
    'store/redis',
    'system',
    'server/mock-options.ts',
    'npm:pino',
  ],
  'server/mock-options.ts': [
    'domain',
    'options/choices.ts',
    'server/tls.ts',
    'service/port-probes.ts',
    'store/store.ts',
  ],
  'server/media': [
    'server/listen.ts',
    'server/tls.ts',
    'service/port-probes.ts',
    'node:crypto',
    'node:dgram',
    'node:http',
    'node:net',
    'system/timers.ts',
  ],

  options: [
    'domain',
    'control/schema',
    'options/choices.ts',
    'options/file-problem.ts',
    'options/yaml',
    'system/package.ts',
    'npm:typebox',
    'node:crypto',
    'node:fs',
    'node:path',
    'system/timers.ts',
    'node:url',
    'node:util',
  ],
  'options/choices.ts': [],
  'options/file-problem.ts': ['node:path'],
  'options/yaml': ['control/schema', 'options/file-problem.ts', 'npm:typebox', 'npm:yaml', 'node:fs'],

  library: [
    'domain',
    'guide',
    'control/client.ts',
    'control/report',
    'control/schema',
    'server/address.ts',
    'server/addresses.ts',
    'server/launch.ts',
    'server/listen.ts',
    'server/mock-options.ts',
    'options/file.ts',
    'options/presets.ts',
    'options/simulator-rows.ts',
    'store',
    'store/store.ts',
    'system/clock.ts',
    'system/http.ts',
    'system/write-error.ts',
    'library/playwright',
    'npm:@playwright/test',
    'npm:typebox',
    'npm:vitest',
    'node:path',
  ],
  'library/playwright': [
    'domain',
    'guide',
    'library',
    'control/schema',
    'pages/report',
    'system/package.ts',
    'npm:@playwright/test',
    'node:fs',
    'node:http',
    'node:net',
    'system/timers.ts',
  ],

  contracts: [
    'guide',
    'domain/closest-match.ts',
    'control/client.ts',
    'control/schema',
    'contracts/format',
    'contracts/provider-states/table.ts',
    'system/http.ts',
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
    'node:zlib',
  ],
  'contracts/format': ['domain/closest-match.ts', 'control/schema'],
  'contracts/provider-states': ['domain', 'guide', 'simulator', 'contracts/provider-states/table.ts'],
  'contracts/provider-states/table.ts': ['domain', 'guide', 'control/schema', 'npm:typebox'],

  system: [
    'domain',
    'store/store.ts',
    'npm:jose',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:net',
    'node:os',
    'node:path',
    'node:stream',
    'node:timers',
    'node:tls',
    'node:vm',
  ],

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

/** Files and packages that a source imports, statically or dynamically. Imports in comments do not count: they are examples. */
function importsOf(file: string, source: string): string[] {
  const code = source.replace(/^ *\*.*$/gm, '');
  const specifiers = code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*|\brequire\()'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.') ? path.join(path.dirname(file), specifier) : packageOf(specifier),
  );
}

function findForbiddenImports(file: string, source: string): string[] {
  const part = partOf(file);
  const allowed = MAY_IMPORT[part] ?? [];
  const isAllowed = (to: string) =>
    allowed.includes('*')
      ? !isIn(to, 'cli') || part === 'cli'
      : allowed.some((one) => one === to || one === partOf(to)) || partOf(to) === part;
  return importsOf(file, source).filter((to) => !isAllowed(to));
}

describe('import rules', () => {
  it('every source file belongs to a part', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(files.filter((file) => partOf(file) === '')).toEqual([]);
  });

  it.each(files)('%s imports only what its part may import', (file) => {
    expect(findForbiddenImports(file, readFileSync(path.join(SRC, file), 'utf8'))).toEqual([]);
  });

  it('permits no import that no file has', () => {
    const imports = files.map((file) => [
      partOf(file),
      ...importsOf(file, readFileSync(path.join(SRC, file), 'utf8')),
    ]);
    const isUsed = (part: string, allowed: string) =>
      imports.some(
        ([from, ...to]) => from === part && to.some((one) => one === allowed || partOf(one) === allowed),
      );
    const unused = Object.entries(MAY_IMPORT).flatMap(([part, allowed]) =>
      allowed.filter((one) => one !== '*' && !isUsed(part, one)).map((one) => `${part}: ${one}`),
    );
    expect(unused).toEqual([]);
  });

  it('reports a forbidden import', () => {
    const source =
      "import { readFileSync } from 'node:fs';\nimport type { X } from '../server/fastify.ts';\nawait import('jose');";
    expect(findForbiddenImports('domain/call.ts', source)).toEqual([
      'node:fs',
      'server/fastify.ts',
      'npm:jose',
    ]);
  });
});
