import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const DIST = path.join(import.meta.dirname, '../../dist');

/** More than what is loaded at once, and less than Fastify. */
const SMALL = 100_000;

/** Collects what a library file loads at once: files with their text, and packages except those of Node. */
function collectImports(file: string, seen = new Map<string, string>()): Map<string, string> {
  const source = readFileSync(path.join(DIST, file), 'utf8');
  seen.set(file, source);
  for (const [, relative, name = ''] of source.matchAll(
    /^(?:import\b[^;=]*?|export \{[^}]*\} from |(?:var \w+ = )?(?:__toESM\()?require\()["'](\.\/)?([^"']+)["']/gm,
  )) {
    if (name.startsWith('node:') || seen.has(name)) continue;
    if (relative === undefined) seen.set(name, '');
    else collectImports(name, seen);
  }
  return seen;
}

describe('the library', () => {
  it.each([
    ['index.js', []],
    ['index.cjs', []],
    ['vitest.js', ['vitest']],
    ['playwright.js', ['@playwright/test']],
    ['playwright.cjs', ['@playwright/test']],
  ])('loads %s with the packages %j only, and with no bundled one', (name, packages) => {
    const loaded = collectImports(name);
    expect([...loaded.keys()].filter((one) => !/\.c?js$/.test(one))).toEqual(packages);
    expect([...loaded.keys()].length).toBeGreaterThan(5);
    expect([...loaded.values()].join('').length).toBeLessThan(SMALL);
  });

  it('loads the server when a simulator is started', () => {
    const [, server = ''] =
      /\bimportInNode\("\.\/(launch-\w+\.cjs)"\)/.exec([...collectImports('index.js').values()].join('\n')) ??
      [];
    expect(collectImports(server).get(server)?.length).toBeGreaterThan(10 * SMALL);
  });
});
