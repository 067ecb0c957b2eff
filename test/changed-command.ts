import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');
const BUILD = 'build:command';

/** The command as it is built, but for people to read: nothing in it is shortened. */
function legible(): string {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const file = path.join(ROOT, 'dist', `legible-${process.pid}.cjs`);
  const build: string = scripts[BUILD].replace('--minify', '').replace(/--outfile=\S+/, `--outfile=${file}`);
  try {
    execFileSync('npx', ['sh', '-c', build], { cwd: ROOT });
    return readFileSync(file, 'utf8');
  } finally {
    for (const written of [file, `${file}.LEGAL.txt`]) rmSync(written, { force: true });
  }
}

let text: string | undefined;

/** What stands in the command as it is built, and what is to stand there instead, as `replace` reads both. */
export type Change = readonly [right: RegExp | string, wrong: string];

/**
 * Writes a copy of the command with some of it changed, beside it, where it finds what belongs to it; answers its file.
 *
 * @throws something to be changed is not in the command, so that no change goes unnoticed that does nothing
 */
export function commandWith(name: string, changes: readonly Change[]): string {
  text ??= legible();
  let command = text;
  for (const [right, wrong] of changes) {
    const changed = command.replace(right, wrong);
    if (changed === command) throw new Error(`${right} is not in the command`);
    command = changed;
  }
  const file = path.join(ROOT, 'dist', `changed-${name.replace(/\W+/g, '-')}.cjs`);
  writeFileSync(file, command);
  return file;
}
