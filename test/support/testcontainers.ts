import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** The last that works on every Node that the package works on. */
const VERSION = '11.14.0';
const FOLDER = getPackageFolder(`testcontainers-${VERSION}`);

/** The library, which need not be there. */
export const TESTCONTAINERS = path.join(FOLDER, 'node_modules/testcontainers');

/** Why tests that need it are skipped, or undefined when they are not. */
export const explainMissingTestcontainers = (): string | undefined =>
  existsSync(TESTCONTAINERS)
    ? undefined
    : 'there is no Testcontainers: npm test brings it from the npm registry';

/** What npm is to be told so that it brings it; nothing where it is. */
export const createTestcontainersInstallArgs = (): string[] =>
  explainMissingTestcontainers() === undefined
    ? []
    : createInstallArgs(FOLDER, [`testcontainers@${VERSION}`]);
