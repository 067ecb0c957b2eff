import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** The last versions that support every Node that the package supports. */
const PACKAGES = ['msw@2.7.0', 'nock@13.5.6'];

/** Where msw and nock are installed. */
export const INTERCEPTORS = getPackageFolder('interceptors');

/** Returns why tests that need msw and nock are skipped, or undefined if they run. */
export const explainMissingInterceptors = (): string | undefined =>
  ['msw', 'nock'].every((name) => existsSync(path.join(INTERCEPTORS, 'node_modules', name)))
    ? undefined
    : 'there are no msw and nock: npm test installs them from the npm registry';

/** Returns the npm arguments that install them; empty if they are installed. */
export const createInterceptorInstallArgs = (): string[] =>
  explainMissingInterceptors() === undefined ? [] : createInstallArgs(INTERCEPTORS, PACKAGES);
