import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { SHIPPED_SCENARIOS } from '../src/options/shipped-scenarios.ts';

export const ROOT = path.join(import.meta.dirname, '..');

const { peerDependenciesMeta } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  metafile: true,
  // esbuild looks for a tsconfig.json above each file, and none there says how JSX is compiled.
  tsconfig: 'src/tsconfig/preact.json',
  logLevel: 'warning',
  jsx: 'automatic',
  jsxImportSource: 'preact',
} as const satisfies BuildOptions;

const FOR_BROWSERS = {
  ...COMMON,
  minify: true,
  legalComments: 'none',
  outdir: 'dist/browser',
} as const satisfies BuildOptions;

/** Compiles the scenarios that come with the package, because a start would be slow that reads all of them. */
const shippedScenarios: Plugin = {
  name: 'shipped-scenarios',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]shipped-scenarios\.ts$/ }, () => ({
      contents: `export const SHIPPED_SCENARIOS = new Map(${JSON.stringify([...SHIPPED_SCENARIOS])});`,
    })),
};

/** Leaves in a file of its own what only the first start with `--https` needs; copies of the command beside `dist` find it too. */
const certificateApart: Plugin = {
  name: 'certificate-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/issue-certificate\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: '../dist/issue-certificate.cjs', external: true } : undefined,
    ),
};

export const FOR_NODE = {
  ...COMMON,
  platform: 'node',
  target: 'node20',
  legalComments: 'eof',
  // Users install these with the part that needs them. Vitest is declared nowhere else.
  external: Object.keys(peerDependenciesMeta),
  plugins: [shippedScenarios, certificateApart] as Plugin[],
} as const satisfies BuildOptions;

/** The script and style of a page, built into files that bear its name. */
const createEntryPoints = (page: string, ...files: readonly string[]) =>
  files.map((file) => ({ in: `src/pages/${page}/${file}`, out: page }));

/** Scripts and styles of what browsers show. */
export const PAGES: readonly BuildOptions[] = [
  {
    ...FOR_BROWSERS,
    entryPoints: createEntryPoints('call', 'script/main.ts', 'style.css'),
    // Those of guide 3.
    target: ['chrome57', 'edge16', 'firefox52', 'safari11'],
  },
  {
    ...FOR_BROWSERS,
    entryPoints: createEntryPoints('demo', 'script/main.ts', 'style.css'),
    target: 'es2020',
  },
  {
    ...FOR_BROWSERS,
    entryPoints: [
      ...createEntryPoints('console', 'main.tsx', 'style.css'),
      ...createEntryPoints('overview', 'style.css'),
      ...createEntryPoints('report', 'style.css'),
    ],
    target: 'es2022',
  },
];

/** What makes certificates, for command and library. */
export const CERTIFICATE: BuildOptions = {
  ...FOR_NODE,
  entryPoints: ['src/server/issue-certificate.ts'],
  outfile: 'dist/issue-certificate.cjs',
  format: 'cjs',
  minify: true,
};

/** What starts the command. */
export const LAUNCHER: BuildOptions = {
  ...FOR_NODE,
  entryPoints: ['src/cli/launcher.cts'],
  outfile: 'dist/mock-veridas.cjs',
  format: 'cjs',
};

/** The library, to be read in stack traces. What is imported when it is needed only is a file of its own. */
export const LIBRARY = {
  ...FOR_NODE,
  entryPoints: ['src/library/index.ts', 'src/library/vitest.ts', 'src/library/playwright.ts'],
  inject: ['build/node-globals.ts'],
  outdir: 'dist',
  // Beside each other, so that the package is one folder up from each.
  chunkNames: '[name]-[hash]',
  format: 'esm',
  splitting: true,
} as const satisfies BuildOptions;

/** The process of the native verifier. */
export const VERIFIER: BuildOptions = {
  ...FOR_NODE,
  entryPoints: ['src/contracts/verifier-process.ts'],
  outdir: 'dist/contracts',
  format: 'esm',
};
