import { Worker } from 'node:worker_threads';
import { parse } from 'acorn';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../build/targets.ts';
import { atLeast } from '../support/at-least.ts';

/** Every regular expression of ours meets text as long as somebody likes, and must not take its square. */
const LENGTH = 100_000;
/** Each takes some milliseconds in all, a hundredth of this. One that takes the square takes longer for a single text. */
const BUDGET_MS = 10_000;

/** Every module of the source, without its types. */
const { outputFiles: MODULES } = buildSync({
  absWorkingDir: ROOT,
  entryPoints: ['src/**/*.ts', 'src/**/*.tsx', 'src/**/*.cts'],
  outdir: 'out',
  write: false,
});

interface Found {
  readonly source: string;
  readonly flags: string;
}

/** Every literal, and every pattern that is data: a text between ^ and $. */
function* literals(node: unknown): Generator<Found> {
  if (typeof node !== 'object' || node === null) return;
  const { type, regex, value } = node as {
    type?: string;
    regex?: { pattern: string; flags: string };
    value?: unknown;
  };
  if (type === 'Literal' && regex !== undefined) yield { source: regex.pattern, flags: regex.flags };
  if (type === 'Literal' && typeof value === 'string' && /^\^.*\$$/.test(value))
    yield { source: value, flags: 'u' };
  for (const child of Object.values(node)) yield* literals(child);
}

const found = new Map<string, Found>();
for (const { text } of MODULES) {
  const program = parse(text, { ecmaVersion: 'latest', sourceType: 'module' });
  for (const one of literals(program)) found.set(`/${one.source}/${one.flags}`, one);
}

/** Runs in a thread: tries texts of what stands in the pattern, and of what most patterns stumble over. */
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

const tried = ({ source, flags }: Found, length = LENGTH, budget = BUDGET_MS): Promise<string> =>
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
  it.each(atLeast(80, [...found]))('%s takes long texts', async (_, one) => {
    expect(await tried(one)).toBe('done');
  });

  it('are known to take too long where they do', async () => {
    expect(await tried({ source: '^(a+)+$', flags: '' }, 1_000, 1_000)).toBe('takes too long');
  });
});
