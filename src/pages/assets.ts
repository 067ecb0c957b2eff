import { readFileSync } from 'node:fs';
import { ROOT } from '../system/package.ts';

/** A built script or style of a page. */
export const readAsset = (name: string): string =>
  readFileSync(new URL(`dist/browser/${name}`, ROOT), 'utf8');
