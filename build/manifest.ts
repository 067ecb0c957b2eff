/** Packs package.json without its scripts, which are for this repository: `strip` before packing, `restore` after it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './targets.ts';

const MANIFEST = path.join(ROOT, 'package.json');
const ORIGINAL = path.join(ROOT, 'out/package.json');

/** The package.json that is published. */
export function createManifest(): string {
  const { scripts: _, ...published } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  return `${JSON.stringify(published, null, 2)}\n`;
}

if (process.argv[2] === 'strip') {
  const manifest = createManifest();
  renameSync(MANIFEST, ORIGINAL);
  writeFileSync(MANIFEST, manifest);
}
if (process.argv[2] === 'restore') renameSync(ORIGINAL, MANIFEST);
