import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildOptions } from 'esbuild';

export const ROOT = path.join(import.meta.dirname, '..');

const { dependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
);

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

const FOR_BROWSERS = {
  ...COMMON,
  minify: true,
  legalComments: 'none',
  outdir: 'dist/browser',
  entryNames: '[name]',
} as const satisfies BuildOptions;

const FOR_NODE = {
  ...COMMON,
  platform: 'node',
  target: 'node20',
  legalComments: 'eof',
  // What npm installs beside the package is not in it. Every peer is optional, and Vitest is declared nowhere else.
  external: Object.keys({ ...dependencies, ...peerDependenciesMeta }),
} as const satisfies BuildOptions;

/** Scripts and styles of what browsers show. */
export const PAGES: readonly BuildOptions[] = [
  {
    ...FOR_BROWSERS,
    entryPoints: ['src/browser/call-page.ts', 'src/browser/call-page.css'],
    // Those of guide 3.
    target: ['chrome57', 'edge16', 'firefox52', 'safari11'],
  },
  { ...FOR_BROWSERS, entryPoints: ['src/browser/demo.ts', 'src/browser/demo.css'], target: 'es2020' },
  {
    ...FOR_BROWSERS,
    entryPoints: [
      'src/view/console/console.tsx',
      'src/view/console/console.css',
      'src/view/report/report.css',
    ],
    target: 'es2022',
  },
];

/**
 * One file for the command, because hundreds of small ones are slow to load; CommonJS, which V8 can be given compiled.
 */
export const COMMAND = {
  ...FOR_NODE,
  entryPoints: ['src/cli.ts'],
  outfile: 'dist/command.cjs',
  format: 'cjs',
  minify: true,
  // Lest Node look for what is imported later beside the file: it is in it.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'here' },
  banner: { js: "const here=require('node:url').pathToFileURL(__filename).href;" },
} as const satisfies BuildOptions;

/** What starts the command. */
export const LAUNCHER: BuildOptions = {
  ...FOR_NODE,
  entryPoints: ['src/mock-veridas.cts'],
  outfile: 'dist/mock-veridas.cjs',
  format: 'cjs',
};

/** The library, to be read in stack traces. What is imported when it is needed only is a file of its own. */
export const LIBRARY: BuildOptions = {
  ...FOR_NODE,
  entryPoints: ['src/index.ts', 'src/vitest.ts', 'src/playwright.ts'],
  outdir: 'dist',
  // Beside each other, so that the package is one folder up from each.
  chunkNames: '[name]-[hash]',
  format: 'esm',
  splitting: true,
  // Packages that are CommonJS ask Node for its modules by it.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
};

/** The process of the native verifier. */
export const VERIFIER: BuildOptions = {
  ...FOR_NODE,
  entryPoints: ['src/contracts/child.ts'],
  outdir: 'dist/contracts',
  format: 'esm',
};
