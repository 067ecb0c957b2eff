import { connectMock, hasExecEnvironment } from './connect.ts';
import { describeFinding } from './journal.ts';
import type { Mock, MockClient } from './mock.ts';
import { startMock } from './start-mock.ts';

/** What the fixtures of all test frameworks share. */

/** The simulator of `mock-veridas exec`, or a new one. */
const openMock = (): Promise<Mock> => (hasExecEnvironment() ? connectMock() : startMock());

/** Gives the tests of a worker one simulator; works as a fixture of Vitest and of Playwright. */
// biome-ignore lint/correctness/noEmptyPattern: both frameworks read a fixture's dependencies from the pattern
export const mockFixture = async ({}, use: (mock: Mock) => Promise<void>): Promise<void> => {
  const mock = await openMock();
  await use(mock);
  await mock.close();
};

/** The outcome of a test with a client of its own. */
export interface TestOutcome {
  readonly hasPassed: boolean;
  /** Whether findings fail the test. */
  readonly failOnFindings: boolean;
}

/**
 * Ends a test's client. It is removed when the test passed, and kept otherwise, for the report of `exec` and the console.
 *
 * @throws {Error} the test should fail because there are findings; the message lists them
 */
export async function endClient(
  client: MockClient,
  { hasPassed, failOnFindings }: TestOutcome,
): Promise<void> {
  const findings = await client.findings();
  if (hasPassed && findings.length === 0) await client.remove();
  if (!failOnFindings || findings.length === 0) return;
  const one = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  throw new Error(`the integration has ${one}\n\n${findings.map(describeFinding).join('\n\n')}`);
}
