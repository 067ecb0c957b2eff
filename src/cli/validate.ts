import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { BadUsage } from '../options/bad-usage.ts';
import { formatProblem } from '../options/file-problem.ts';
import { findFileKind, findProfileProblems } from '../options/profile-file.ts';
import { readOptions } from '../options/read.ts';
import { parseScenarioFiles } from '../options/read-scenarios.ts';
import { scenarioFiles } from '../options/scenario-files.ts';
import { type Command, EXIT, print, printError } from './command.ts';

/** The files that an argument means: the file itself, or all scenarios of a folder. */
function resolveFiles(argument: string, cwd: string): string[] {
  const path = resolve(cwd, argument);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new BadUsage([`${argument}: there is no such file or folder`]);
  return found.isDirectory() ? scenarioFiles(path) : [path];
}

/** Checks scenario files and answer profiles, and prints every problem. */
export const validate: Command = async ({ args, rest, env, cwd }) => {
  const named = [...(await readOptions('validate', { argv: args, env, cwd })).operands, ...rest];
  if (named.length === 0)
    throw new BadUsage(['no files given; name files or folders, as in: validate fixtures/scenarios']);
  const files = [...new Set(named.flatMap((argument) => resolveFiles(argument, cwd)))];
  if (files.length === 0) throw new BadUsage([`there is no scenario file in ${named.join(', ')}`]);
  const kinds = files.map((file) => ({ file, kind: findFileKind(file) }));
  const ofKind = (wanted: string) => kinds.flatMap(({ file, kind }) => (kind === wanted ? [file] : []));
  const problems = [
    ...parseScenarioFiles(ofKind('scenario')).problems,
    ...ofKind('profile').flatMap(findProfileProblems),
    ...kinds.flatMap(({ kind }) => (typeof kind === 'string' ? [] : [kind])),
  ];
  for (const problem of problems) printError(formatProblem(problem, cwd));
  for (const file of files.filter((one) => problems.every((problem) => problem.file !== one))) {
    print(`ok: ${relative(cwd, file)}`);
  }
  return problems.length === 0 ? EXIT.good : EXIT.badUsage;
};
