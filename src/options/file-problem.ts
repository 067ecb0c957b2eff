import { isAbsolute, relative } from 'node:path';

/** Extensions of YAML files; JSON is YAML as well. */
export const EXTENSIONS = ['.yaml', '.yml', '.json'];

/** A problem in a file. `line` and `column` count from 1. */
export interface FileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file` relative to `folder` when it is inside, otherwise unchanged. */
export function toRelativeName(file: string, folder?: string): string {
  const near = folder === undefined ? file : relative(folder, file);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? file : near;
}

/** `problem` as a line for people and editors, with its file relative to `folder`. */
export const formatProblem = ({ file, line, column, message }: FileProblem, folder?: string): string =>
  `${toRelativeName(file, folder)}:${line}:${column} ${message}`;

/** A file that cannot be used, with all its problems; its message has one line per problem. */
export class InvalidFile extends Error {
  override readonly name = 'InvalidFile';
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[]) {
    super(problems.map((problem) => formatProblem(problem)).join('\n'));
    this.problems = problems;
  }
}
