import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCENARIO } from '../../src/control/schema/scenario-format.ts';
import { formatProblem, InvalidFile, readYaml } from '../../src/options/yaml/file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yaml-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is wrong with `file` as a scenario, less its name. */
function faultsIn(file: string): string[] {
  try {
    readYaml(file, SCENARIO);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return error.problems.map((fault) => formatProblem(fault, folder).replace(/^[^:]*:/, ''));
  }
}

function faultsOf(content: string | Uint8Array): string[] {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, content);
  return faultsIn(file);
}

const faultsOfLines = (...lines: string[]): string[] => faultsOf(lines.join('\n'));

describe('a file', () => {
  it('is refused with the name of the system error when it cannot be read', () => {
    expect(faultsIn(folder)).toEqual(['1:1 cannot be read: EISDIR']);
  });

  it('is named as seen from a folder that it lies in', () => {
    const fault = { file: join(folder, 'b', 'c.yaml'), line: 1, column: 2, message: 'x' };
    expect(formatProblem(fault, folder)).toBe('b/c.yaml:1:2 x');
  });

  it('is named in full when it lies elsewhere', () => {
    const fault = { file: join(folder, 'c.yaml'), line: 1, column: 2, message: 'x' };
    expect(formatProblem(fault, join(folder, 'b'))).toBe(`${folder}/c.yaml:1:2 x`);
  });
});

describe('a text that is hardly YAML', () => {
  const bomb = [
    'a: &a [x, x]',
    ...[...'bcdefgh'].map((key, i) => `${key}: &${key} [*${'abcdefg'[i]}, *${'abcdefg'[i]}]`),
  ];

  it.each([
    ['an open quote', ['name: "a', ''], ['2:1 Missing closing "quote']],
    ['two documents', ['name: a', '---', 'name: b'], ['2:1 a second document begins here; a file holds one']],
    ['an unknown tag', ['name: !a b'], ['1:7 a value that begins with ! must be put in quotes']],
    [
      'an alias of nothing',
      ['name: *a'],
      [expect.stringMatching(/^1:7 a value that begins with \* must be put in/)],
    ],
    ['aliases that multiply', bomb, ['1:1 has aliases of aliases that become too many']],
    [
      '101 aliases',
      ['a: &a 1', `b: [${'*a, '.repeat(101)}]`],
      ['2:405 is the alias after the 100 that a file may have'],
    ],
    ['deep brackets', ['['.repeat(100_000)], [expect.stringMatching(/ is nested deeper than 100 levels$/)]],
    ['deep lists', ['- '.repeat(100_000)], [expect.stringMatching(/ is nested deeper than 100 levels$/)]],
    ['a megabyte', ['#'.repeat(1_000_001)], ['1:1 is larger than 1000000 bytes']],
  ])('is refused for %s', (_, lines, expected) => {
    expect(faultsOfLines(...lines)).toEqual(expected);
  });

  it('is refused when it is not UTF-8', () => {
    expect(faultsOf(Buffer.from('\ufeffname: a', 'utf16le'))).toEqual(['1:1 is not written in UTF-8']);
  });

  it('is refused when an alias contains itself', () => {
    expect(faultsOfLines('name: a', 'steps: &s [*s]')).toEqual([
      expect.stringMatching(/^2:12 steps: a list is not a step/),
    ]);
  });

  it('may begin with a byte order mark', () => {
    expect(faultsOf('\ufeffname: B\r\nsteps: []\r\n')).toEqual([expect.stringMatching(/^1:7 name: "B"/)]);
  });

  it('is checked in seconds when it has very many keys', () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`);
    expect(faultsOfLines('name: a', 'steps: []', ...keys)).toHaveLength(keys.length);
  });
});
