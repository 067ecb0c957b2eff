import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../system/package.ts';

/** An optional library, which users install if they need it. */
class LibraryMissing extends Error {}

/** The libraries, with versions that are known to work. */
export const LIBRARIES = {
  verifier: { name: '@pact-foundation/pact-core', version: '19' },
  comparator: { name: '@pactflow/openapi-pact-comparator', version: '1' },
} as const;
export type Library = keyof typeof LIBRARIES;

/** How to install a library. */
export const formatInstallCommand = (library: Library): string =>
  `npm install --save-dev ${LIBRARIES[library].name}@${LIBRARIES[library].version}`;

/**
 * The path of a library: next to this package, or in the user's project.
 *
 * @throws {LibraryMissing}
 */
export function findLibrary(library: Library, cwd: string): string {
  const { name } = LIBRARIES[library];
  for (const from of [fileURLToPath(new URL('package.json', ROOT)), join(cwd, 'package.json')]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // The other location may have it.
    }
  }
  throw new LibraryMissing(`verify needs ${name}, which is not installed: ${formatInstallCommand(library)}`);
}
