import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const DIST = path.join(import.meta.dirname, '../../dist');

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
