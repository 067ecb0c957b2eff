import { readFileSync } from 'node:fs';
import { ROOT } from '../system/package.ts';

/** A script or style of a page, as it was built. */
export const readAsset = (name: string): string =>
  readFileSync(new URL(`dist/browser/${name}`, ROOT), 'utf8');
