import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where is kept what belongs to whoever runs this. There is no such place for a user without a home, nor in a home that depends
 * on the working directory: others may have put something there, and it cannot be handed on.
 */
export function findUserFolder(): string | undefined {
  try {
    const home = homedir();
    return path.isAbsolute(home) ? path.join(home, '.mock-veridas') : undefined;
  } catch {
    return undefined;
  }
}
