/** A command line, environment or file that cannot be used; its message has one line per problem. */
export class BadUsage extends Error {
  override readonly name = 'BadUsage';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/**
 * Throws when there are problems.
 *
 * @throws {BadUsage} there are problems
 */
export function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new BadUsage(faults);
}
