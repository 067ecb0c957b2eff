import { existsSync } from 'node:fs';
import path from 'node:path';
import { NODES, type NodeVersion } from './nodes.ts';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

const FOLDER = getPackageFolder('package-managers');

/** The home directory of every package manager: it contains their caches, but no settings of the user. */
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
// Without this, pnpm puts its store at the root of the disk when the project is on another disk than HOME.
const pnpm = { add: ['add', '--store-dir', path.join(HOME, 'pnpm-store')], nodes: NODES };
const yarn = { program: 'bin/yarn.js', add: ['add'], nodes: NODES };

/** The package managers that must be able to install the package, with the versions of Node they support. */
export const PACKAGE_MANAGERS: readonly PackageManager[] = [
  { ...npm, name: 'npm 10', source: 'npm@10' },
  { ...npm, name: 'npm 11', source: 'npm@11' },
  { ...npm, name: 'npm 12', source: 'npm@12', nodes: [22, 24] },
  { ...pnpm, name: 'pnpm 10', source: 'pnpm@10', program: 'bin/pnpm.cjs' },
  { ...pnpm, name: 'pnpm 12', source: 'pnpm@12', program: 'bin/pnpm.mjs' },
  { ...yarn, name: 'Yarn 1', source: 'yarn@1' },
  { ...yarn, name: 'Yarn 4', source: '@yarnpkg/cli-dist@4' },
];

/** Returns an alias, which allows several versions of one package in one folder. */
const toAlias = ({ name }: PackageManager): string => name.toLowerCase().replace(' ', '-');

export const getProgramPath = (manager: PackageManager): string =>
  path.join(FOLDER, 'node_modules', toAlias(manager), manager.program);

/** Returns why tests that need this package manager are skipped, or undefined if they run. */
export const explainMissingPackageManager = (manager: PackageManager): string | undefined =>
  existsSync(getProgramPath(manager))
    ? undefined
    : `there is no ${manager.name}: npm test installs it from the npm registry`;

/** Returns the npm arguments that install the package managers; empty if none is missing. */
export const createPackageManagerInstallArgs = (): string[] =>
  PACKAGE_MANAGERS.every((manager) => explainMissingPackageManager(manager) === undefined)
    ? []
    : createInstallArgs(
        FOLDER,
        PACKAGE_MANAGERS.map((manager) => `${toAlias(manager)}@npm:${manager.source}`),
      );
