import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** Where Vitest 5 is installed. The tests themselves run on Vitest 4, because that supports Node 20. */
export const VITEST_5 = getPackageFolder('vitest-5');

const MANIFEST = path.join(VITEST_5, 'node_modules/vitest/package.json');

/** Returns why tests that need Vitest 5 are skipped, or undefined if they run. */
export const explainMissingVitest5 = (): string | undefined =>
  existsSync(MANIFEST) ? undefined : 'there is no Vitest 5: npm test installs it from the npm registry';

/** Returns its exact version, or `5` if it is missing. */
export const getVitest5Version = (): string =>
  existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, 'utf8')).version : '5';

/** Returns the npm arguments that install Vitest 5; empty if it is installed. */
export const createVitest5InstallArgs = (): string[] =>
  explainMissingVitest5() === undefined ? [] : createInstallArgs(VITEST_5, ['vitest@5']);
