/** A command line, environment or file that cannot be used; its message is one line a fault. */
export class BadUsage extends Error {
  override readonly name = 'BadUsage';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/**
 * Ends what is under way when something is wrong.
 *
 * @throws {BadUsage} there are faults
 */
export function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new BadUsage(faults);
}
