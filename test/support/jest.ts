import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

const PACKAGES = [
  'jest@30',
  'jest-environment-jsdom@30',
  'ts-jest@29',
  // The last one that resolves modules as older projects do.
  'typescript@5',
  '@types/jest@30',
  '@types/node@20',
  'mocha@11',
];

/** Where Jest and Mocha are installed. */
export const JEST = getPackageFolder('jest');

/** Returns why tests that need Jest are skipped, or undefined if they run. */
export const explainMissingJest = (): string | undefined =>
  existsSync(path.join(JEST, 'node_modules/mocha'))
    ? undefined
    : 'there is no Jest: npm test installs it from the npm registry';

/** Returns the npm arguments that install them; empty if they are installed. */
export const createJestInstallArgs = (): string[] =>
  explainMissingJest() === undefined ? [] : createInstallArgs(JEST, PACKAGES);
