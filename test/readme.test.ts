import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, drive } from './drive.ts';
import { missing } from './tools.ts';

const run = promisify(execFile);
const README = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');

/** Commands to be pasted that are followed by what they print, under their headings. */
const SHOWN = [...README.matchAll(/```sh\n((?:(?!```).)*)```\n\n```(?:json|text)\n((?:(?!```).)*)```/gs)]
  .map(({ index, 1: commands = '', 2: output = '' }) => ({
    heading:
      README.slice(0, index)
        .match(/^## .*$/gm)
        ?.at(-1)
        ?.slice(3) ?? '',
    commands,
    output,
  }))
  // What starts and stops processes is told of elsewhere.
  .filter(({ commands }) => commands.startsWith('curl'));

/** What a README shows of an output: `…` stands for what differs from time to time, as do tokens. */
const patternOf = (output: string): RegExp => {
  const escaped = output
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\b\w{30}\b/g, '\\w{30}')
    .replaceAll('…', '[^]*?');
  return new RegExp(`^${escaped}$`);
};

const noCurl = missing('curl');

describe.skipIf(noCurl)(`the README shows what is printed${noCurl ? ` (skipped: ${noCurl})` : ''}`, () => {
  let d: Drive;
  let folder: string;
  beforeAll(async () => {
    d = await drive();
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-readme-'));
  });
  afterAll(async () => {
    await d.mock.close();
    rmSync(folder, { recursive: true });
  });

  let last = '';
  it.each(SHOWN)('under "$heading"', async ({ heading, commands, output }) => {
    // Each section begins where a reader would: with a simulator that was just started.
    if (heading !== last) await d.admin('POST', '/reset');
    last = heading;
    const here = commands.replaceAll('http://127.0.0.1:4010', d.mock.url);
    const { stdout } = await run('sh', ['-c', here], { cwd: folder });
    expect(
      stdout
        .replace(/\r/g, '')
        .replace(/\}(?=[{H])/g, '}\n')
        .trim(),
    ).toMatch(patternOf(output));
  });

  it('in all the sections that promise it', () => {
    expect(new Set(SHOWN.map(({ heading }) => heading))).toEqual(
      new Set([
        'The first five minutes',
        'Scenarios',
        'Controlling time',
        'Parallel tests',
        'Faults',
        'Observing',
      ]),
    );
  });
});
