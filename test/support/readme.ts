import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

/** A fenced block of the README, with its documented output. */
export interface Block {
  readonly heading: string;
  /** The first line of the block. */
  readonly name: string;
  readonly language: string;
  readonly text: string;
  readonly output?: string;
}

const README = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
const FENCE_PATTERN = /^```(\w*)\n(.*?)^```$(?:\n\n^```(?:json|text)\n(.*?)^```$)?/gms;

const findHeading = (index: number): string =>
  README.slice(0, index)
    .match(/^##+ .*$/gm)
    ?.at(-1)
    ?.replace(/^#+ /, '') ?? '';

/** All blocks in order. A block of output belongs to the block before it. */
export const BLOCKS: readonly Block[] = [...README.matchAll(FENCE_PATTERN)].map(
  ({ index, 1: language = '', 2: text = '', 3: output }) => ({
    heading: findHeading(index),
    name: text.split('\n', 1)[0] ?? '',
    language,
    text,
    ...(output !== undefined && { output }),
  }),
);

/** The programs of the README, by the names in their first lines. `consumer.test.ts` runs them. */
export const PROGRAMS = ['videocall.test.ts', 'videocall.spec.ts', 'plain.mjs', 'remote.mjs'] as const;

/** Returns the text of a program. */
export const getProgram = (name: (typeof PROGRAMS)[number]): string =>
  BLOCKS.find((block) => block.name === `// ${name}`)?.text ?? expect.unreachable(`no ${name} in the README`);

/** Converts documented output to a pattern. `…` matches any text, and a token matches any token. */
export function toPattern(output: string): RegExp {
  const escaped = output
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\b\w{30}\b/g, '\\w{30}')
    .replaceAll('…', '[^]*?');
  return new RegExp(`^${escaped}$`);
}
