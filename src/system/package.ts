import { existsSync, readFileSync } from 'node:fs';

const findPackageRoot = (folder: URL): URL =>
  existsSync(new URL('package.json', folder)) ? folder : findPackageRoot(new URL('../', folder));

/** The folder of this package, from `src`, from `dist` and from the bundled command. */
export const ROOT = findPackageRoot(new URL('./', import.meta.url));

const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string };

/** The version of this package. */
export const VERSION = version;
