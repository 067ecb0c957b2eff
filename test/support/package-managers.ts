import { existsSync } from 'node:fs';
import path from 'node:path';
import { NODES, type NodeVersion } from './nodes.ts';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

const FOLDER = getPackageFolder('package-managers');

/** The home directory of every package manager: its caches are there, and none of the user's settings. */
export const HOME = path.join(FOLDER, 'home');

interface PackageManager {
  readonly name: string;
  /** Its package in the npm registry. */
  readonly source: string;
  readonly program: string;
  /** The command that adds packages to a project. */
  readonly add: readonly string[];
  readonly nodes: readonly NodeVersion[];
}

const npm = { program: 'bin/npm-cli.js', add: ['install'], nodes: NODES };
// Where the project is on another disk than the home directory, pnpm would put its store at the root of that disk.
const pnpm = { add: ['add', '--store-dir', path.join(HOME, 'pnpm-store')], nodes: NODES };
const yarn = { program: 'bin/yarn.js', add: ['add'], nodes: NODES };

/** The package managers that must install the package, each on the Nodes it supports. */
export const PACKAGE_MANAGERS: readonly PackageManager[] = [
  { ...npm, name: 'npm 10', source: 'npm@10' },
  { ...npm, name: 'npm 11', source: 'npm@11' },
  { ...npm, name: 'npm 12', source: 'npm@12', nodes: [22, 24] },
  { ...pnpm, name: 'pnpm 10', source: 'pnpm@10', program: 'bin/pnpm.cjs' },
  { ...pnpm, name: 'pnpm 12', source: 'pnpm@12', program: 'bin/pnpm.mjs' },
  { ...yarn, name: 'Yarn 1', source: 'yarn@1' },
  { ...yarn, name: 'Yarn 4', source: '@yarnpkg/cli-dist@4' },
];

/** Several versions of one package stand side by side under these names. */
const toAlias = ({ name }: PackageManager): string => name.toLowerCase().replace(' ', '-');

export const getProgramPath = (manager: PackageManager): string =>
  path.join(FOLDER, 'node_modules', toAlias(manager), manager.program);

/** Why tests that need a package manager are skipped, or undefined when they are not. */
export const explainMissingPackageManager = (manager: PackageManager): string | undefined =>
  existsSync(getProgramPath(manager))
    ? undefined
    : `there is no ${manager.name}: npm test brings it from the npm registry`;

/** What npm is to be told so that it brings the package managers; nothing where all are there. */
export const createPackageManagerInstallArgs = (): string[] =>
  PACKAGE_MANAGERS.every((manager) => explainMissingPackageManager(manager) === undefined)
    ? []
    : createInstallArgs(
        FOLDER,
        PACKAGE_MANAGERS.map((manager) => `${toAlias(manager)}@npm:${manager.source}`),
      );
