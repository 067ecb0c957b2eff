import { lstatSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, parse, relative, resolve } from 'node:path';
import { BadUsage } from '../options/bad-usage.ts';
import { EXTENSIONS } from '../options/file-problem.ts';
import { readOptions } from '../options/read.ts';
import { createFolder } from '../system/create-folder.ts';
import { describeWriteError } from '../system/write-error.ts';
import { type Command, EXIT, print } from './command.ts';
import { STARTER_FILES } from './starter-files.ts';

/** The existing path that `file` would overwrite or conflict with. */
function findConflicts(file: string): string[] {
  const { dir, name } = parse(file);
  return EXTENSIONS.map((extension) => join(dir, name + extension)).filter(
    // A dangling link is in the way as well.
    (other) => lstatSync(other, { throwIfNoEntry: false }) !== undefined,
  );
}

/** Writes all of `files`, by path, or none. Throws an error of `node:fs`. */
function writeAll(files: ReadonlyMap<string, string>): void {
  for (const file of files.keys()) createFolder(dirname(file));
  const written: string[] = [];
  try {
    for (const [file, text] of files) {
      writeFileSync(file, text, { flag: 'wx' });
      written.push(file);
    }
  } catch (error) {
    for (const file of written) rmSync(file, { force: true });
    throw error;
  }
}

/** Writes starter files into the named folder or the working directory. */
export const init: Command = async ({ args, rest, env, cwd }) => {
  const { operands } = await readOptions('init', { argv: args, env, cwd });
  const [named = '.', ...more] = [...operands, ...rest];
  if (more.length > 0) throw new BadUsage(['init takes one folder']);
  if (named === '') throw new BadUsage(['the name of the folder is empty; leave it out to write here']);
  const folder = resolve(cwd, named);
  const files = new Map(Object.entries(STARTER_FILES).map(([path, text]) => [join(folder, path), text]));
  const toRelativePath = (file: string) => relative(cwd, file);
  try {
    const conflicts = [...files.keys()].flatMap(findConflicts);
    if (conflicts.length > 0) {
      throw new BadUsage(
        conflicts.map((file) => `${toRelativePath(file)} already exists; nothing was written`),
      );
    }
    writeAll(files);
  } catch (error) {
    throw error instanceof BadUsage ? error : new BadUsage([`cannot write: ${describeWriteError(error)}`]);
  }
  for (const file of files.keys()) print(`wrote ${toRelativePath(file)}`);
  print('next:');
  if (folder !== cwd) print(`  cd ${toRelativePath(folder)}`);
  print('  npx --no-install mock-veridas start');
  print('  npx --no-install mock-veridas validate fixtures/scenarios');
  return EXIT.good;
};
