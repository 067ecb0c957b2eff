import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const IMPORT_PATTERN = /\b(?:from|import\()\s*['"](\.[^'"]+)\.ts['"]/g;

/** Declarations, without their `.d.ts`, that `entries` reach, with themselves. */
function collectDeclarations(folder: string, entries: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const follow = (name: string) => {
    if (found.has(name)) return;
    const text = readFileSync(path.join(folder, `${name}.d.ts`), 'utf8');
    found.set(name, text);
    for (const [, other = ''] of text.matchAll(IMPORT_PATTERN)) follow(path.join(path.dirname(name), other));
  };
  for (const entry of entries) follow(entry);
  return found;
}

/** Copies those declarations that users of `entries` can come to see, and no others. */
export function copyDeclarations(from: string, to: string, entries: readonly string[]): void {
  for (const [name, text] of collectDeclarations(from, entries)) {
    const file = path.join(to, `${name}.d.ts`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
