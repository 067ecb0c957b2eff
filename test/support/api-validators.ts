import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** Where the validators of API descriptions are installed: with their dependencies they take over 100 MB. */
const FOLDER = getPackageFolder('api-validators');

const PACKAGES = {
  redocly: { name: '@redocly/cli', version: '2', bin: 'redocly' },
  spectral: { name: '@stoplight/spectral-cli', version: '6', bin: 'spectral' },
  'swagger-parser': { name: '@apidevtools/swagger-parser', version: '13', bin: undefined },
  'swagger-mock-validator': {
    name: '@pactflow/swagger-mock-validator',
    version: '14',
    bin: 'swagger-mock-validator',
  },
} as const;
export type ApiValidator = keyof typeof PACKAGES;

/** Where a validator is installed. */
export const getValidatorFolder = (validator: ApiValidator): string =>
  path.join(FOLDER, 'node_modules', PACKAGES[validator].name);

/** The command of a validator. */
export const getValidatorCommand = (validator: Exclude<ApiValidator, 'swagger-parser'>): string =>
  path.join(FOLDER, 'node_modules/.bin', PACKAGES[validator].bin);

/** Returns why tests that need this validator are skipped, or undefined if they run. */
export const explainMissingValidator = (validator: ApiValidator): string | undefined =>
  existsSync(path.join(getValidatorFolder(validator), 'package.json'))
    ? undefined
    : `there is no ${PACKAGES[validator].name}: npm test installs it from the npm registry`;

/** Returns the npm arguments that install the validators; empty if they are installed. */
export function createValidatorInstallArgs(): string[] {
  const all = Object.keys(PACKAGES) as ApiValidator[];
  if (all.every((one) => explainMissingValidator(one) === undefined)) return [];
  return createInstallArgs(
    FOLDER,
    Object.values(PACKAGES).map(({ name, version }) => `${name}@${version}`),
  );
}
