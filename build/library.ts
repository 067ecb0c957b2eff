import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Metafile, type TransformOptions, transform } from 'esbuild';
import { LIBRARY } from './targets.ts';

/** Vitest is an ES module, and refuses to be required. */
const ES_MODULE = 'vitest.js';

const AS_COMMONJS: TransformOptions = {
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  define: { 'import.meta.url': 'here' },
};

/** What a file needs that its code names. */
const PREAMBLE = {
  here: "const here = require('node:url').pathToFileURL(__filename).href;",
  // Jest runs modules in a context of its own, with a browser's globals and fake timers, and again for each file of tests.
  // The server is spared that: this is Node's own context, and its `require`.
  importInNode: `const inNode = () => require('node:vm').runInThisContext('process').getBuiltinModule('node:module');
const importInNode = async (file) => inNode().createRequire(__filename)(file);`,
};

async function toCommonJs(code: string): Promise<string> {
  const transformed = (await transform(code, AS_COMMONJS)).code;
  const needed = Object.entries(PREAMBLE).filter(([name]) => new RegExp(`\\b${name}\\b`).test(transformed));
  return [...needed.map(([, line]) => line), transformed].join('\n');
}

const renameImports = (code: string) =>
  code
    .replace(/^((?:import|\} from) ["']\.\/[\w-]+)\.js(["'];)$/gm, '$1.cjs$2')
    .replace(/\bimport\(("\.\/[\w-]+)\.js"\)/g, 'importInNode($1.cjs")');

/**
 * Builds the library once, as CommonJS. The ES modules beside it only import it, so that both share classes and state.
 *
 * @param folder where to
 */
export async function buildLibrary(folder: string): Promise<Metafile> {
  const { outputFiles, metafile } = await build({ ...LIBRARY, write: false });
  mkdirSync(folder, { recursive: true });
  const entries = Object.entries(metafile.outputs).filter(([, { entryPoint }]) =>
    LIBRARY.entryPoints.some((one) => one === entryPoint),
  );
  for (const { path: file, text } of outputFiles) {
    const name = path.basename(file);
    const code = renameImports(text);
    writeFileSync(
      path.join(folder, name === ES_MODULE ? name : name.replace(/\.js$/, '.cjs')),
      name === ES_MODULE ? code : await toCommonJs(code),
    );
  }
  for (const [file, { exports }] of entries) {
    const name = path.basename(file);
    if (name !== ES_MODULE)
      writeFileSync(
        path.join(folder, name),
        `export { ${exports.join(', ')} } from './${name.replace(/\.js$/, '.cjs')}';\n`,
      );
  }
  return metafile;
}
