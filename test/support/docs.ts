import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');

/** A page of the documentation: the README, llms.txt, or a file below docs/. */
export interface DocPage {
  /** Its path in the repository. */
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** A fenced block of a page, with the output that is shown after it. */
export interface Block {
  readonly file: string;
  readonly heading: string;
  /** Its first line. */
  readonly name: string;
  readonly language: string;
  readonly text: string;
  readonly output?: string;
}

const FENCE_PATTERN = /^```(\w*)\n(.*?)^```$(?:\n\n^```(?:json|text)\n(.*?)^```$)?/gms;

const findHeading = (text: string, index: number): string =>
  text
    .slice(0, index)
    .replace(/^```.*?^```$/gms, '')
    .match(/^#+ .*$/gm)
    ?.at(-1)
    ?.replace(/^#+ /, '') ?? '';

/** The blocks of a page in their order; a block of output belongs to the one before it. */
const parseBlocks = (file: string, page: string): Block[] =>
  [...page.matchAll(FENCE_PATTERN)].map(({ index, 1: language = '', 2: text = '', 3: output }) => ({
    file,
    heading: findHeading(page, index),
    name: text.split('\n', 1)[0] ?? '',
    language,
    text,
    ...(output !== undefined && { output }),
  }));

function readPage(file: string): DocPage {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return { file, text, blocks: parseBlocks(file, text) };
}

const listDocs = (): string[] =>
  readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .sort();

export const PAGES: readonly DocPage[] = ['README.md', 'llms.txt', ...listDocs()].map(readPage);
export const BLOCKS: readonly Block[] = PAGES.flatMap(({ blocks }) => blocks);

/** The programs of the docs, by the names in their first lines; `consumer.test.ts` and `generated-clients.test.ts` run each. */
export const PROGRAMS = [
  'videocall.test.ts',
  'videocall.test.js',
  'videocall.testcafe.js',
  'videocall.spec.ts',
  'fixed-credentials.spec.ts',
  'plain.mjs',
  'remote.mjs',
  'with-openapi-fetch.ts',
  'with-generated-api.ts',
] as const;

/** The text of a program. */
export const getProgram = (name: (typeof PROGRAMS)[number]): string =>
  BLOCKS.find((block) => block.name === `// ${name}`)?.text ?? expect.unreachable(`no ${name} in the docs`);

/** What a block shows of an output: `…` stands for what differs from time to time, as do tokens. */
export function toPattern(output: string): RegExp {
  const escaped = output
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\b\w{30}\b/g, '\\w{30}')
    .replaceAll('…', '[^]*?');
  return new RegExp(`^${escaped}$`);
}

/** The anchors that GitHub gives to the headings of a page. */
export function listAnchors(page: string): string[] {
  const seen = new Map<string, number>();
  return (page.replace(/^```.*?^```$/gms, '').match(/^#+ .*$/gm) ?? []).map((heading) => {
    const slug = heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** The targets of the links and pictures of a page that stay in the repository. */
export const listLocalLinks = (page: string): string[] =>
  [...page.replace(/^```.*?^```$/gms, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
