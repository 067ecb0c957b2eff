import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const READ = [
  'src',
  'test',
  'build',
  'docs',
  'recipes',
  'contracts/source',
  'contracts/README.md',
  'fixtures/scenarios',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'AGENTS.md',
];
/** Texts of others, and this list. */
const NOT_OURS = /^test\/fixtures\/|^test\/unit\/words\.test\.ts$/;

/** Words that a reader has to guess, and the words to use. An identifier counts as the words that it is made of. */
const PLAIN_WORDS: Readonly<Record<string, string>> = {
  '(no|some|any)body': 'no client, no one, the caller',
  'whoever|who knows|who wants': 'the client, the caller',
  'mend(s|ed|ing)?|amiss': 'fix, invalid, problem',
  'stands? still|stood still': 'frozen',
  'goes on|runs again': 'continues, resumed',
  'hurried|parted|legible|last made|once gone|come back': 'a verb that names the action',
  'reception|doorkeeper|hall': 'routes, plugin, service',
  'visits?|visited': 'request, request log, journal',
  'told|deeds?|talkative': 'notify, report, action, log level',
  'lacking|brought': 'missing, installed',
  'farther|nearer|nearest': 'closest, further from the limit',
  '(MOST|LONGEST|SHORTEST)_': 'MAX_X, MIN_X, X_TIMEOUT_MS',
  'so that it would|whatever happens': 'a sentence of its own',
  'cannot be had': 'cannot be downloaded, cannot be used',
};

/** Lines that keep such a word, each with the reason. */
const ALLOWED: readonly { readonly file: string; readonly line: RegExp; readonly reason: string }[] = [
  { file: 'src/options/yaml/syntax.ts', line: /\bvisit\b/, reason: 'a function of the package yaml' },
  { file: 'docs/how-to/other-test-frameworks.md', line: /cy\.visit\(/, reason: 'a command of Cypress' },
];

/** A text as it is, and with `sleepsNow`, `SLEEPS_NOW` and `sleeps-now` as `sleeps now`. */
const toWords = (text: string): string =>
  `${text}\n${text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase()}`;

const PATTERNS = Object.entries(PLAIN_WORDS).map(
  ([words, better]) => [new RegExp(`(?<![A-Za-z])(?:${words})(?![a-z])`), better] as const,
);

const files = READ.flatMap((entry) =>
  path.extname(entry) === ''
    ? readdirSync(path.join(ROOT, entry), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(entry, file),
      )
    : [entry],
).filter((file) => /\.(ts|tsx|cts|mjs|py|rb|go|sh|css|md|ya?ml)$/.test(file) && !NOT_OURS.test(file));

const lines = files.flatMap((file) =>
  readFileSync(path.join(ROOT, file), 'utf8')
    .split('\n')
    .map((text, index) => ({ file, text, place: `${file}:${index + 1}` })),
);

describe('words', () => {
  it('are read from every folder', () => {
    for (const entry of READ)
      expect(
        files.filter((file) => file.startsWith(entry)),
        entry,
      ).not.toEqual([]);
  });

  it('are plain in names, texts, comments and docs', () => {
    const found = lines
      .filter(({ file, text }) => !ALLOWED.some((one) => one.file === file && one.line.test(text)))
      .flatMap(({ text, place }) =>
        PATTERNS.filter(([pattern]) => pattern.test(toWords(text))).map(
          ([pattern, better]) => `${place}: ${pattern.exec(toWords(text))?.[0]}; use ${better}`,
        ),
      );
    expect(found).toEqual([]);
  });

  it.each(ALLOWED)('are allowed in $file only while it uses them: $reason', ({ file, line }) => {
    expect(lines.some((one) => one.file === file && line.test(one.text))).toBe(true);
  });

  it.each(['nobodyWaits', 'MOST_BYTES', 'LONGEST_WAIT_MS', 'to mend it', 'a `goes-on` flag', 'Whoever asks'])(
    'are recognized in %j',
    (text) => {
      expect(PATTERNS.some(([pattern]) => pattern.test(toWords(text)))).toBe(true);
    },
  );
});
