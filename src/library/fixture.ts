import { connectMock, hasExecEnvironment } from './connect.ts';
import { type Mock, type MockClient, startMock } from './index.ts';
import { describeFinding } from './journal.ts';

/** What the fixtures of all test frameworks have in common. */

/** The simulator of `mock-veridas exec`, or one of its own. */
const openMock = (): Promise<Mock> =>
  hasExecEnvironment() ? connectMock() : startMock({ logLevel: 'error' });

/** Lets the tests of a worker use one simulator, as a fixture of Vitest and of Playwright. */
// biome-ignore lint/correctness/noEmptyPattern: both read from the pattern what a fixture needs
export const mockFixture = async ({}, use: (mock: Mock) => Promise<void>): Promise<void> => {
  const mock = await openMock();
  await use(mock);
  await mock.close();
};

/** How a test with a client of its own has gone. */
export interface TestOutcome {
  readonly hasPassed: boolean;
  /** Whether a mistake of the integration lets it fail. */
  readonly failOnFindings: boolean;
}

/**
 * Ends the client of a test. It is removed when all was well, and otherwise left, for the report of `exec`, the console
 * and whoever looks there.
 *
 * @throws {Error} there are findings, in their words, and the test is to fail of them
 */
export async function endClient(
  client: MockClient,
  { hasPassed, failOnFindings }: TestOutcome,
): Promise<void> {
  const findings = await client.findings();
  if (hasPassed && findings.length === 0) await client.remove();
  if (!failOnFindings || findings.length === 0) return;
  const one = findings.length === 1 ? 'a mistake' : `${findings.length} mistakes`;
  throw new Error(`the integration made ${one}\n\n${findings.map(describeFinding).join('\n\n')}`);
}
