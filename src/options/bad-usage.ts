/** A command line, environment or file that cannot be used; its message has one line per problem. */
export class BadUsage extends Error {
  override readonly name = 'BadUsage';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Throws when there are problems.
 *
 * @throws {BadUsage} there are problems
 */
export function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new BadUsage(problems);
}
