/**
 * Makes `dist/`, which is what is published; with `pages`, only what browsers are sent. The compiler must have gone
 * before, for the declarations.
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundledPackages } from './bundled.ts';
import { buildCommand } from './command.ts';
import { copyDeclarations } from './declarations.ts';
import { buildLibrary } from './library.ts';
import { createNotices } from './notices.ts';
import { sbom } from './sbom.ts';
import { CERTIFICATE, LAUNCHER, PAGES, ROOT, VERIFIER } from './targets.ts';

const DIST = path.join(ROOT, 'dist');

const buildTargets = (targets: readonly BuildOptions[]) =>
  Promise.all(targets.map(async (target) => (await build({ ...target, metafile: true })).metafile));

async function buildAll(): Promise<void> {
  // What an earlier build has left is not to be published.
  rmSync(DIST, { recursive: true, force: true });
  const metafiles = await buildTargets([...PAGES, LAUNCHER, CERTIFICATE, VERIFIER]);
  metafiles.push(await buildCommand(), await buildLibrary(DIST));
  copyDeclarations(path.join(ROOT, 'out/declarations'), path.join(DIST, 'types'));
  const bundled = bundledPackages(metafiles);
  writeFileSync(path.join(DIST, 'THIRD-PARTY.txt'), createNotices(bundled));
  writeFileSync(path.join(DIST, 'sbom.cdx.json'), sbom(bundled));
}

await (process.argv.includes('pages') ? buildTargets(PAGES) : buildAll());
