import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const IMPORT_PATTERN = /(\b(?:from|import\()\s*['"])(\.[^'"]+)\.ts(?=['"])/g;

/** Declarations of code that is CommonJS, with an ES module that only imports it. */
const IN_BOTH_FORMS = ['library/index', 'library/playwright'];
/** Declarations of code that is an ES module only. */
const AS_ES_MODULE = ['library/vitest'];

/** Declarations, without their `.d.ts`, that `entries` reach, with themselves. */
function collectDeclarations(folder: string, entries: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const follow = (name: string) => {
    if (found.has(name)) return;
    const text = readFileSync(path.join(folder, `${name}.d.ts`), 'utf8');
    found.set(name, text.replace(IMPORT_PATTERN, '$1$2.cts'));
    for (const [, , other = ''] of text.matchAll(IMPORT_PATTERN))
      follow(path.join(path.dirname(name), other));
  };
  for (const entry of entries) follow(entry);
  return found;
}

/** Copies those declarations that users can come to see, and no others. */
export function copyDeclarations(from: string, to: string): void {
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(to, name)), { recursive: true });
    writeFileSync(path.join(to, name), text);
  };
  for (const [name, text] of collectDeclarations(from, [...IN_BOTH_FORMS, ...AS_ES_MODULE]))
    write(`${name}.d.${AS_ES_MODULE.includes(name) ? 'ts' : 'cts'}`, text);
  for (const name of IN_BOTH_FORMS) write(`${name}.d.ts`, `export * from './${path.basename(name)}.cjs';\n`);
}
