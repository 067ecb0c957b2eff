import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The folder for the current user's files. Undefined for a user without a home, and for a home relative to the working
 * directory: others may have planted something there, and its path cannot be passed on.
 */
export function findUserFolder(): string | undefined {
  try {
    const home = homedir();
    return path.isAbsolute(home) ? path.join(home, '.mock-veridas') : undefined;
  } catch {
    return undefined;
  }
}
