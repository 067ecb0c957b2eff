import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMAND } from './cluster.ts';

/** What stands in the command as it is built, and what is to stand there instead, as `replace` reads both. */
export type Change = readonly [right: RegExp | string, wrong: string];

/**
 * Writes a copy of the command with some of it changed, beside it, where it finds what belongs to it; answers its file.
 *
 * @throws something to be changed is not in the command, so that no change goes unnoticed that does nothing
 */
export function commandWith(name: string, changes: readonly Change[]): string {
  let text = readFileSync(COMMAND, 'utf8');
  for (const [right, wrong] of changes) {
    const changed = text.replace(right, wrong);
    if (changed === text) throw new Error(`${right} is not in the command`);
    text = changed;
  }
  const file = path.join(path.dirname(COMMAND), `changed-${name.replace(/\W+/g, '-')}.js`);
  writeFileSync(file, text);
  return file;
}
