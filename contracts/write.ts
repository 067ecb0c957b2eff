/**
 * Writes the contracts that lie in this folder: `npm run contracts`. It is their only author; `--to DIR` writes them
 * elsewhere.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTRACTS } from './source/contracts.ts';

const at = process.argv.indexOf('--to');
const folder = at < 0 ? import.meta.dirname : (process.argv[at + 1] ?? '.');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(CONTRACTS)) {
  writeFileSync(join(folder, name), text);
  console.log(`wrote ${name}`);
}
