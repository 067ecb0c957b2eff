import path from 'node:path';

/** Returns the folder for packages that few tests need and that are too large for `npm ci`. */
export const getPackageFolder = (name: string): string => path.join(import.meta.dirname, '../../out', name);

/** Returns the npm arguments that install `packages` into `folder` without running their scripts. */
export const createInstallArgs = (folder: string, packages: readonly string[]): string[] => [
  'install',
  '--no-save',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefix',
  folder,
  ...packages,
];
