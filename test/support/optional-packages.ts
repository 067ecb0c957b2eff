import path from 'node:path';

/** Where packages are brought that few tests need, and that are too large or too many for everybody to install. */
export const getPackageFolder = (name: string): string => path.join(import.meta.dirname, '../../out', name);

/** What npm is to be told so that it brings `packages` into `folder`; none of their scripts runs. */
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
