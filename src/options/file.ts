import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Mismatch } from '../control/schema/mismatch.ts';
import { clientsOfFile, type GivenClients } from './clients.ts';
import { CONFIG, KEYS, type WrittenConfig } from './config-file-schema.ts';
import { EXTENSIONS, formatProblem, InvalidFile } from './file-problem.ts';
import { type Presets, presetsOfFile } from './presets.ts';
import { type Given, type Source, toSwitch } from './source.ts';
import { getKind, type Name } from './table.ts';
import type { ExaminedDocument } from './yaml/file.ts';

const FILES = EXTENSIONS.map((extension) => `mock-veridas.config${extension}`);

/** Likely names of a config file that are not read. */
const MISNAMED = ['.js', '.cjs', '.mjs', '.ts', '.toml'].map(
  (extension) => `mock-veridas.config${extension}`,
);

/** The options in the config file, and the clients, faults and validations in it, if any. */
export interface FileSource extends Source {
  readonly clients?: GivenClients;
  readonly presets?: Presets;
}

/** The config file: the one at `named`, or the default one in `cwd`. */
function locate(cwd: string, named: Given | undefined): { file?: string; problems: string[] } {
  if (named !== undefined) {
    const file = resolve(named.folder, String(named.value));
    return existsSync(file)
      ? { file, problems: [] }
      : { problems: [named.blame(`there is no file ${file}`)] };
  }
  const isThere = (file: string) => existsSync(join(cwd, file));
  const [first, ...others] = FILES.filter(isThere);
  if (first === undefined)
    return {
      problems: MISNAMED.filter(isThere).map((file) => `${file} is not read; write it as ${FILES[0]}`),
    };
  const names = [first, ...others].join(' and ');
  return others.length === 0
    ? { file: join(cwd, first), problems: [] }
    : { problems: [`${names} are both config files; keep one, or name one with --config`] };
}

/** Invalid parts are left out, so that the rest can still be checked. */
function createSource(file: string, examined: ExaminedDocument<WrittenConfig>, cwd: string): FileSource {
  const { document, isSound, problems, toProblem } = examined;
  const blame = (mismatch: Mismatch) => formatProblem(toProblem(mismatch), cwd);
  const blameOf =
    (name: Name): Given['blame'] =>
    (message, index) => {
      const path = index === undefined ? [name] : [name, index];
      return blame({ path, at: 'value', message: `${name}: ${message}` });
    };
  const isGiven = (name: string) => Object.hasOwn(document ?? {}, name) && isSound([name]);
  const given = KEYS.filter(isGiven).map((name): [Name, Given] => {
    const value = getKind(name) === 'switch' ? toSwitch(document[name]) : document[name];
    return [name, { value, folder: dirname(file), blame: blameOf(name) }];
  });
  return {
    given: Object.fromEntries(given),
    problems: problems.map((problem) => formatProblem(problem, cwd)),
    ...(Array.isArray(document?.clients) && { clients: clientsOfFile(document.clients, isSound, blame) }),
    presets: presetsOfFile(document ?? {}, isSound, blame),
  };
}

/** Reads the config file; empty when there is none and none was `named`. */
export async function fromConfigFile(cwd: string, named: Given | undefined): Promise<FileSource> {
  const { file, problems } = locate(cwd, named);
  if (file === undefined) return { given: {}, problems };
  const { examineFile } = await import('./yaml/file.ts');
  try {
    return createSource(file, examineFile(file, CONFIG) as ExaminedDocument<WrittenConfig>, cwd);
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return { given: {}, problems: error.problems.map((problem) => formatProblem(problem, cwd)) };
  }
}
