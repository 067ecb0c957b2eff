import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { FOR_NODE, ROOT } from '../../build/targets.ts';

/** A snippet of a file in `src`, and its replacement. */
export interface Change {
  readonly file: string;
  readonly snippet: string;
  readonly replacement: string;
}

function applyChanges(file: string, changes: readonly Change[]): string {
  return changes.reduce(
    (source, { snippet, replacement }) => {
      const parts = source.split(snippet);
      if (parts.length !== 2)
        throw new Error(`src/${file} has ${parts.length - 1} times, not once: ${snippet}`);
      return parts.join(replacement);
    },
    readFileSync(path.join(ROOT, 'src', file), 'utf8'),
  );
}

/**
 * Builds the command with changes to its source, without the packages that it depends on: they take nine tenths of a
 * build. The file is as deep in this folder as the command, so that it finds the other files of the package.
 *
 * @returns the path of the built file
 * @throws {Error} a snippet is not in its file exactly once, or the file is not part of the command
 */
export async function buildChanged(name: string, changes: readonly Change[]): Promise<string> {
  const outfile = path.join(ROOT, 'out', `changed-${name.replace(/\W+/g, '-')}.mjs`);
  const texts = new Map(changes.map(({ file }) => [path.join(ROOT, 'src', file), file]));
  await build({
    ...FOR_NODE,
    packages: 'external',
    entryPoints: ['src/cli/main.ts'],
    outfile,
    format: 'esm',
    plugins: [
      {
        name: 'change',
        setup({ onLoad, onEnd }) {
          onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
            const file = texts.get(loaded);
            if (file === undefined) return undefined;
            texts.delete(loaded);
            const contents = applyChanges(
              file,
              changes.filter((change) => change.file === file),
            );
            return { contents, loader: 'ts' };
          });
          onEnd(() => {
            if (texts.size > 0) throw new Error(`not part of the command: ${[...texts.values()]}`);
          });
        },
      },
      ...FOR_NODE.plugins,
    ],
  });
  return outfile;
}
