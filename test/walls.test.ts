import { readdirSync, readFileSync } from 'node:fs';
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
  store: ['domain', 'protocol'],
  clock: ['domain'],
  random: ['node:crypto'],
  signing: ['domain', 'guide', 'store', 'random', 'npm:jose'],
  simulator: ['domain', 'guide', 'store', 'random', 'signing'],
  'yaml-file': ['npm:yaml', 'npm:typebox', 'protocol', 'node:fs'],
  scenarios: ['protocol', 'domain', 'yaml-file', 'node:fs', 'node:path', 'node:url'],
  config: ['protocol', 'domain', 'yaml-file', 'scenarios', 'flags', 'node:fs', 'node:path', 'node:util'],
  flags: ['protocol', 'domain', 'node:util'],
  http: [
    'simulator',
    'signing',
    'random',
    'protocol',
    'domain',
    'guide',
    'npm:fastify',
    'npm:@fastify/basic-auth',
    'npm:typebox',
    'node:fs',
    'node:http',
    'node:net',
    'node:crypto',
    'node:timers',
  ],
  browser: ['domain', 'guide', 'protocol'],
  version: ['node:fs'],
};
/** These stand above the others and may import any of them. */
const ABOVE = ['index', 'cli'];

const SRC = path.join(import.meta.dirname, '../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const roomOf = (file: string): string => file.split(path.sep)[0]?.replace(/\.ts$/, '') ?? '';

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier.split('/', 1)[0] ?? '';
  const [scope, name] = specifier.split('/');
  return `npm:${scope?.startsWith('@') ? `${scope}/${name}` : scope}`;
}

/** Rooms and packages that a source text imports, statically or not. */
function importsOf(file: string, source: string): string[] {
  const specifiers = source.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g);
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
