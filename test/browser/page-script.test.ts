import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'acorn';
import { describe, expect, it } from 'vitest';

const read = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '../../dist/browser', name), 'utf8');
const built = read('call.js');

describe('the build of the page scripts', () => {
  it('makes call.js a classic script that a browser of 2017 can parse (guide 3)', () => {
    expect(() => parse(built, { ecmaVersion: 2017, sourceType: 'script' })).not.toThrow();
  });

  it.each(['call.js', 'demo.js'])('contains nothing that ends the script element: %s', (name) => {
    expect(read(name)).not.toMatch(/<\/script|<!--/i);
  });

  it.each(['fetch(', 'AbortController', 'Object.fromEntries', 'replaceAll', 'structuredClone', 'globalThis'])(
    'does not use %s, which the oldest browsers lack',
    (name) => {
      expect(built).not.toContain(name);
    },
  );
});
