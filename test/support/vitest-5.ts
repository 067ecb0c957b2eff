import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** Where Vitest 5 is installed. The tests themselves run on Vitest 4, because that supports Node 20. */
export const VITEST_5 = getPackageFolder('vitest-5');

const MANIFEST = path.join(VITEST_5, 'node_modules/vitest/package.json');

/** Why tests that need Vitest 5 are skipped, or undefined when they are not. */
export const explainMissingVitest5 = (): string | undefined =>
  existsSync(MANIFEST) ? undefined : 'there is no Vitest 5: npm test brings it from the npm registry';

/** Its exact version, or `5` when it is missing. */
export const getVitest5Version = (): string =>
  existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, 'utf8')).version : '5';

/** What npm is to be told so that it brings Vitest 5; nothing where it is. */
export const createVitest5InstallArgs = (): string[] =>
  explainMissingVitest5() === undefined ? [] : createInstallArgs(VITEST_5, ['vitest@5']);
