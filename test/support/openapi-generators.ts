import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** Generators of clients from OpenAPI. They need an older TypeScript than the source, which has no API for programs. */
const PACKAGES = [
  'openapi-typescript@7.13.0',
  'openapi-fetch@0.17.0',
  'swagger-typescript-api@13.13.0',
  'typescript@5.9.3',
];

/** Where they are installed. */
export const OPENAPI_GENERATORS = getPackageFolder('openapi-generators');

/** Returns why tests that need them are skipped, or undefined if they run. */
export const explainMissingGenerators = (): string | undefined =>
  existsSync(path.join(OPENAPI_GENERATORS, 'node_modules/.package-lock.json'))
    ? undefined
    : 'there are no OpenAPI generators: npm test installs them from the npm registry';

/** Returns the npm arguments that install them; empty if they are installed. */
export const createGeneratorInstallArgs = (): string[] =>
  explainMissingGenerators() === undefined ? [] : createInstallArgs(OPENAPI_GENERATORS, PACKAGES);
