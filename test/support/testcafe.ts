import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

// The registry's latest version is an old commercial one.
const PACKAGES = ['testcafe@3'];

/** Where TestCafe is installed. */
export const TESTCAFE = getPackageFolder('testcafe');

/** Returns why tests that need TestCafe are skipped, or undefined if they run. */
export const explainMissingTestcafe = (): string | undefined =>
  existsSync(path.join(TESTCAFE, 'node_modules/testcafe'))
    ? undefined
    : 'there is no TestCafe: npm test installs it from the npm registry';

/** Returns the npm arguments that install it; empty if it is installed. */
export const createTestcafeInstallArgs = (): string[] =>
  explainMissingTestcafe() === undefined ? [] : createInstallArgs(TESTCAFE, PACKAGES);
