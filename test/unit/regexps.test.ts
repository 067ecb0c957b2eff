import { Worker } from 'node:worker_threads';
import { parse } from 'acorn';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../build/targets.ts';
import { atLeast } from '../support/at-least.ts';

/** Input can have any length, so no regular expression may take quadratic time. */
const LENGTH = 100_000;
/** A linear expression needs a hundredth of this for all texts. A quadratic one needs longer for a single text. */
const BUDGET_MS = 10_000;

/** Every source module, compiled to JavaScript. */
const { outputFiles: MODULES } = buildSync({
  absWorkingDir: ROOT,
  entryPoints: ['src/**/*.ts', 'src/**/*.tsx', 'src/**/*.cts'],
  outdir: 'out',
  write: false,
});

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** Yields every regular expression literal, and every string between ^ and $: those are patterns kept as data. */
function* findPatterns(node: unknown): Generator<Pattern> {
  if (typeof node !== 'object' || node === null) return;
  const { type, regex, value } = node as {
    type?: string;
    regex?: { pattern: string; flags: string };
    value?: unknown;
  };
  if (type === 'Literal' && regex !== undefined) yield { source: regex.pattern, flags: regex.flags };
  if (type === 'Literal' && typeof value === 'string' && /^\^.*\$$/.test(value))
    yield { source: value, flags: 'u' };
  for (const child of Object.values(node)) yield* findPatterns(child);
}

const patterns = new Map<string, Pattern>();
for (const { text } of MODULES) {
  const program = parse(text, { ecmaVersion: 'latest', sourceType: 'module' });
  for (const one of findPatterns(program)) patterns.set(`/${one.source}/${one.flags}`, one);
}

/** Worker code. Its long texts repeat the characters of the pattern and those that slow most patterns down. */
const TRY = `
const { workerData, parentPort } = require('node:worker_threads');
const { source, flags, length } = workerData;
const regexp = new RegExp(source, flags);
const own = [...new Set(source.replace(/\\\\\\\\[dDwWsSbBpPuxk]/g, ''))].filter((c) => !'^$|()?+*{}[]'.includes(c));
const alphabet = [...new Set([...own, ...' \\\\t\\\\n\\\\ra0A.-_:/%"=&;,<\\\\u00ff\\\\u0000'])];
const start = /^\\\\^?([\\\\w :]*)/.exec(source)[1];
const units = [...alphabet, ...own.flatMap((one) => own.slice(0, 8).map((other) => one + other))];
for (const unit of units) {
  const text = unit.repeat(length / unit.length);
  for (const one of [text, text + '\\\\u0001', start + text + '\\\\u0001']) one.replace(regexp, '');
}
parentPort.postMessage('done');
`.replaceAll('\\\\', '\\');

const runPattern = ({ source, flags }: Pattern, length = LENGTH, budget = BUDGET_MS): Promise<string> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(TRY, { eval: true, workerData: { source, flags, length } });
    const tooLong = setTimeout(() => {
      resolve('takes too long');
      void worker.terminate();
    }, budget);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => clearTimeout(tooLong));
  });

describe('regular expressions', () => {
  it.each(atLeast(80, [...patterns]))('%s matches long texts within the time limit', async (_, one) => {
    expect(await runPattern(one)).toBe('done');
  });

  it('detects a regular expression that takes too long', async () => {
    expect(await runPattern({ source: '^(a+)+$', flags: '' }, 1_000, 1_000)).toBe('takes too long');
  });
});
