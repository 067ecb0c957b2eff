import { readFileSync } from 'node:fs';
import { ROOT } from '../system/package.ts';

const assets = new Map<string, string>();

/** A built script or style of a page. It is read when it is first needed, because most runs need few of them. */
export function readAsset(name: string): string {
  const known = assets.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`dist/browser/${name}`, ROOT), 'utf8');
  assets.set(name, text);
  return text;
}
