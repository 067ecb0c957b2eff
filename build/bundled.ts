import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './targets.ts';

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** A package of which something is in what was built. */
export interface Package {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

/** The packages of which something is in what was built. */
export function bundledPackages(built: readonly Metafile[]): Package[] {
  const outputs = built.flatMap((metafile) => Object.values(metafile.outputs));
  const files = outputs.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file) ?? []));
  return [...folders].map((folder) => ({
    ...JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')),
    folder: path.join(ROOT, folder),
  }));
}
