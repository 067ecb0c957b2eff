import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** Versions that support every Node that the package supports. */
const PACKAGES = ['happy-dom@21', 'jsdom@26', 'axios@1', 'msw@2.7.0'];

/** Where happy-dom, jsdom and what tests use in them are installed. */
export const TEST_DOMS = getPackageFolder('test-doms');

/** Returns why tests that need them are skipped, or undefined if they run. */
export const explainMissingTestDoms = (): string | undefined =>
  ['happy-dom', 'jsdom', 'axios', 'msw'].every((name) =>
    existsSync(path.join(TEST_DOMS, 'node_modules', name)),
  )
    ? undefined
    : 'there are no happy-dom and jsdom: npm test installs them from the npm registry';

/** Returns the npm arguments that install them; empty if they are installed. */
export const createTestDomInstallArgs = (): string[] =>
  explainMissingTestDoms() === undefined ? [] : createInstallArgs(TEST_DOMS, PACKAGES);
