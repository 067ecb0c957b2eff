import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** The last version that supports every Node that the package supports. */
const VERSION = '11.14.0';
const FOLDER = getPackageFolder(`testcontainers-${VERSION}`);

/** Where the library is, which may be missing. */
export const TESTCONTAINERS = path.join(FOLDER, 'node_modules/testcontainers');

/** Returns why tests that need it are skipped, or undefined if they run. */
export const explainMissingTestcontainers = (): string | undefined =>
  existsSync(TESTCONTAINERS)
    ? undefined
    : 'there is no Testcontainers: npm test installs it from the npm registry';

/** Returns the npm arguments that install it; empty if it is installed. */
export const createTestcontainersInstallArgs = (): string[] =>
  explainMissingTestcontainers() === undefined
    ? []
    : createInstallArgs(FOLDER, [`testcontainers@${VERSION}`]);
