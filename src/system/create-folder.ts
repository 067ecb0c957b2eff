import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Creates a folder with its parents; one that exists is left as it is. Node's own recursive call never ends where the
 * kernel has a parent and answers ENOENT all the same, as in /proc.
 *
 * @throws an error of `node:fs`
 */
export function createFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || existsSync(parent) || parent === folder) throw error;
    createFolder(parent, mode);
    createFolder(folder, mode);
  }
}
