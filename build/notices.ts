import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './targets.ts';

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENCE = /^(?:licen[cs]e|copying|notice)/i;
const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/** Folders of the packages of which something is in what was built. */
function bundled(built: readonly Metafile[]): string[] {
  const outputs = built.flatMap((metafile) => Object.values(metafile.outputs));
  const files = outputs.flatMap(({ inputs }) => Object.keys(inputs));
  return [...new Set(files.flatMap((file) => PACKAGE.exec(file) ?? []))];
}

/** @throws {Error} the package does not say under which licence it is given, and so cannot be given on */
function noticeOf(folder: string): string {
  const read = (file: string) => readFileSync(path.join(ROOT, folder, file), 'utf8').trim();
  const { name, version, license, author } = JSON.parse(read('package.json'));
  if (license === undefined) throw new Error(`${folder} has no licence`);
  const texts = readdirSync(path.join(ROOT, folder)).filter((file) => LICENCE.test(file));
  if (texts.length === 0 && author === undefined) throw new Error(`${folder} does not say whose it is`);
  const text =
    texts.length > 0 ? texts.map(read) : [`By ${author?.name ?? author}, without a text of the licence.`];
  return [`${name} ${version} (${license})`, ...text].join('\n\n');
}

/** The licences of all that is bundled, one package after the other, each under its name and version. */
export function notices(built: readonly Metafile[]): string {
  const all = new Set(bundled(built).map(noticeOf).sort());
  return `${['In mock-veridas are these packages:', ...all].join(RULE)}\n`;
}
