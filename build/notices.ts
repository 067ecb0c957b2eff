import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Package } from './bundled.ts';

const LICENCE = /^(?:licen[cs]e|copying|notice)/i;
const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/** @throws {Error} the package does not say under which licence it is given, and so cannot be given on */
function readNotice({ folder, name, version, license, author }: Package): string {
  if (license === undefined) throw new Error(`${folder} has no licence`);
  const files = readdirSync(folder).filter((file) => LICENCE.test(file));
  if (files.length === 0 && author === undefined) throw new Error(`${folder} does not say whose it is`);
  const whose = typeof author === 'object' ? author.name : author;
  const texts =
    files.length > 0
      ? files.map((file) => readFileSync(path.join(folder, file), 'utf8').trim())
      : [`By ${whose}, without a text of the licence.`];
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

/** The licences of all that is bundled, one package after the other, each under its name and version. */
export function createNotices(listBundledPackages: readonly Package[]): string {
  const all = new Set(listBundledPackages.map(readNotice).sort());
  return `${['In mock-veridas are these packages:', ...all].join(RULE)}\n`;
}
