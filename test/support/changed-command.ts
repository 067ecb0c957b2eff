import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { COMMAND, ROOT } from '../../build/targets.ts';

const { outputFiles } = await build({ ...COMMAND, minify: false, write: false });
/** The command as it is built, but for people to read: nothing in it is shortened. */
const text = outputFiles.map((file) => file.text).join('');

/** What stands in the command as it is built, and what is to stand there instead, as `replace` reads both. */
export type Change = readonly [right: RegExp | string, wrong: string];

/**
 * Writes a copy of the command with some of it changed, as deep in this folder as the command is, where it finds what belongs
 * to it; answers its file.
 *
 * @throws something to be changed is not in the command, so that no change goes unnoticed that does nothing
 */
export function commandWith(name: string, changes: readonly Change[]): string {
  let command = text;
  for (const [right, wrong] of changes) {
    const changed = command.replace(right, wrong);
    if (changed === command) throw new Error(`${right} is not in the command`);
    command = changed;
  }
  const file = path.join(ROOT, 'out', `changed-${name.replace(/\W+/g, '-')}.cjs`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, command);
  return file;
}
