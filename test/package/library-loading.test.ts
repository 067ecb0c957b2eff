import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const DIST = path.join(import.meta.dirname, '../../dist');

/** Collects what a library file imports statically: files with their text, and packages except those of Node. */
function collectImports(file: string, seen = new Map<string, string>()): Map<string, string> {
  const source = readFileSync(path.join(DIST, file), 'utf8');
  seen.set(file, source);
  for (const [, relative, name = ''] of source.matchAll(/^import\b[^;=]*?["'](\.\/)?([^"']+)["'];$/gm)) {
    if (name.startsWith('node:') || seen.has(name)) continue;
    if (relative === undefined) seen.set(name, '');
    else collectImports(name, seen);
  }
  return seen;
}

describe('the library', () => {
  it.each([
    ['index', []],
    ['vitest', ['vitest']],
    ['playwright', ['@playwright/test']],
  ])('loads %s with the packages %j only, and with no bundled one', (name, packages) => {
    const loaded = collectImports(`${name}.js`);
    expect([...loaded.keys()].filter((one) => !one.endsWith('.js'))).toEqual(packages);
    expect([...loaded.values()].join('\n')).not.toContain('// node_modules/');
  });

  it('loads the server by a dynamic import', () => {
    const [, server = ''] =
      /\bimport\("\.\/(launch-\w+\.js)"\)/.exec([...collectImports('index.js').values()].join('\n')) ?? [];
    expect(collectImports(server).get(server)).toContain('// node_modules/fastify/');
  });
});
