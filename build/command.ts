import path from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin, transform } from 'esbuild';
import { FOR_NODE, ROOT } from './targets.ts';

/** Leaves out what is not used of TypeBox: a module of it is needed only for its exports. */
const pureTypebox: Plugin = {
  name: 'pure-typebox',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^typebox|^\.\.?\// }, async ({ path: name, importer, pluginData, ...where }) => {
      const isTypebox = name.startsWith('typebox') || importer.includes('/node_modules/typebox/');
      if (!isTypebox || pluginData === pureTypebox) return undefined;
      const found = await resolve(name, { importer, ...where, pluginData: pureTypebox });
      return { ...found, sideEffects: false };
    }),
};

/** What Fastify and the client of the control API call of TLS and HTTP/2. */
const LATE: Readonly<Record<string, readonly string[]>> = {
  'node:tls': ['connect'],
  'node:https': ['createServer'],
  'node:http2': ['createServer', 'createSecureServer'],
};

/** Loads TLS and HTTP/2 when they are first called: few starts need them. */
const lateTls: Plugin = {
  name: 'late-tls',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(?:tls|https|http2)$/ }, ({ path: name, importer }) =>
      /\/fastify\/lib\/server\.js$|\/src\/system\/http\.ts$/.test(importer)
        ? { path: name, namespace: 'late' }
        : undefined,
    );
    onLoad({ filter: /^/, namespace: 'late' }, ({ path: name }) => {
      const calls = LATE[name]?.map((key) => `${key}: (...args) => require('${name}').${key}(...args)`);
      return { contents: `module.exports = { ${calls} };` };
    });
  },
};

/** The command in parts: each dynamic import becomes one. */
const PARTS = {
  ...FOR_NODE,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  write: false,
  minifySyntax: true,
  define: { 'import.meta.url': 'here' },
  plugins: [...FOR_NODE.plugins, pureTypebox, lateTls],
} as const satisfies BuildOptions;

/** Entry points of the parts that a start runs. */
const STARTED = ['src/cli/main.ts', 'src/cli/start.ts', 'src/server/launch.ts'];

/** The names of the parts that a start runs. */
function findStarted({ outputs }: Metafile): ReadonlySet<string> {
  const files = Object.keys(outputs).filter((file) => STARTED.includes(outputs[file]?.entryPoint ?? ''));
  if (files.length !== STARTED.length) throw new Error(`not all are parts of the command: ${STARTED}`);
  const started = new Set(files);
  // The loop also reaches what is added during it.
  for (const file of started)
    for (const { kind, path: imported } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement') started.add(imported);
  return new Set([...started].map((file) => path.basename(file)));
}

/**
 * The parts of the command. Those that a start does not run become CommonJS modules: each is a function, which V8 skips until the
 * part is required.
 */
const joinParts = (parts: ReadonlyMap<string, string>, started: ReadonlySet<string>): Plugin => ({
  name: 'join-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path: name }) => ({
      path: path.basename(name),
      namespace: 'part',
    }));
    onLoad({ filter: /^/, namespace: 'part' }, async ({ path: name }) => {
      const text = parts.get(name);
      if (text === undefined) throw new Error(`the command has no part ${name}`);
      const contents = started.has(name)
        ? text
        : (await transform(text, { format: 'cjs', platform: 'node' })).code;
      return { contents, resolveDir: ROOT };
    });
  },
});

/**
 * Builds the command as one file, because many are slow to load; in CommonJS, which V8 can be given compiled.
 *
 * @returns what is in it
 */
export async function buildCommand(): Promise<Metafile> {
  const { outputFiles, metafile } = await build(PARTS);
  const parts = new Map(outputFiles.map(({ path: file, text }) => [path.basename(file), text]));
  await build({
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: FOR_NODE.target,
    format: 'cjs',
    minify: true,
    legalComments: FOR_NODE.legalComments,
    logLevel: 'warning',
    external: [...FOR_NODE.external, '../dist/*'],
    // Dynamic imports become `require`: what they import is in this file.
    supported: { 'dynamic-import': false },
    banner: { js: "const here=require('node:url').pathToFileURL(__filename).href;" },
    plugins: [joinParts(parts, findStarted(metafile))],
    entryPoints: ['./main.js'],
    outfile: 'dist/command.cjs',
  });
  return metafile;
}
