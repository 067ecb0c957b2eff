import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCENARIO } from '../../src/control/schema/scenario-format.ts';
import { formatProblem, InvalidFile } from '../../src/options/file-problem.ts';
import { readYaml } from '../../src/options/yaml/file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yaml-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads `file` as a scenario and returns its problems without the file name. */
function getFileProblems(file: string): string[] {
  try {
    readYaml(file, SCENARIO);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return error.problems.map((problem) => formatProblem(problem, folder).replace(/^[^:]*:/, ''));
  }
}

function getProblemsOf(content: string | Uint8Array): string[] {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, content);
  return getFileProblems(file);
}

const getLineProblems = (...lines: string[]): string[] => getProblemsOf(lines.join('\n'));

describe('YAML file', () => {
  it('reports the system error for a file that cannot be read', () => {
    expect(getFileProblems(folder)).toEqual(['1:1 cannot be read: EISDIR']);
  });

  it('formats a file inside the folder with a relative path', () => {
    const problem = { file: join(folder, 'b', 'c.yaml'), line: 1, column: 2, message: 'x' };
    expect(formatProblem(problem, folder)).toBe('b/c.yaml:1:2 x');
  });

  it('formats a file outside the folder with its full path', () => {
    const problem = { file: join(folder, 'c.yaml'), line: 1, column: 2, message: 'x' };
    expect(formatProblem(problem, join(folder, 'b'))).toBe(`${folder}/c.yaml:1:2 x`);
  });
});

describe('unusual YAML', () => {
  const bomb = [
    'a: &a [x, x]',
    ...[...'bcdefgh'].map((key, i) => `${key}: &${key} [*${'abcdefg'[i]}, *${'abcdefg'[i]}]`),
  ];

  it.each([
    ['an unclosed quote', ['name: "a', ''], ['2:1 Missing closing "quote']],
    [
      'two documents',
      ['name: a', '---', 'name: b'],
      ['2:1 a second document begins here; write one document per file'],
    ],
    ['an unknown tag', ['name: !a b'], ['1:7 put a value that begins with ! in quotes']],
    [
      'an alias without an anchor',
      ['name: *a'],
      [expect.stringMatching(/^1:7 put a value that begins with \* in quotes/)],
    ],
    ['aliases that multiply', bomb, ['1:1 has aliases of aliases that expand to too many']],
    [
      '101 aliases',
      ['a: &a 1', `b: [${'*a, '.repeat(101)}]`],
      ['2:405 is one alias too many; a file may have 100'],
    ],
    [
      'deeply nested brackets',
      ['['.repeat(100_000)],
      [expect.stringMatching(/ is nested deeper than 100 levels$/)],
    ],
    [
      'deeply nested lists',
      ['- '.repeat(100_000)],
      [expect.stringMatching(/ is nested deeper than 100 levels$/)],
    ],
    ['more than a megabyte', ['#'.repeat(1_000_001)], ['1:1 is larger than 1000000 bytes']],
  ])('rejects a file with %s', (_, lines, expected) => {
    expect(getLineProblems(...lines)).toEqual(expected);
  });

  it('rejects a file that is not UTF-8', () => {
    expect(getProblemsOf(Buffer.from('\ufeffname: a', 'utf16le'))).toEqual(['1:1 is not valid UTF-8']);
  });

  it('rejects an alias that contains itself', () => {
    expect(getLineProblems('name: a', 'steps: &s [*s]')).toEqual([
      expect.stringMatching(/^2:12 steps: a list is not a step/),
    ]);
  });

  it('accepts a byte order mark', () => {
    expect(getProblemsOf('\ufeffname: B\r\nsteps: []\r\n')).toEqual([
      expect.stringMatching(/^1:7 name: "B"/),
    ]);
  });

  it('checks a file with 60,000 keys in seconds', () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`);
    expect(getLineProblems('name: a', 'steps: []', ...keys)).toHaveLength(keys.length);
  });
});
