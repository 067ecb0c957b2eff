import { connectMock, hasExecEnvironment } from './connect.ts';
import { ignoreNotFound } from './error.ts';
import { describeFinding } from './journal.ts';
import type { Mock, MockClient } from './mock.ts';
import { startMock } from './start-mock.ts';

/** What the fixtures of all test frameworks share. */

/** A worker of a test framework. */
export interface Worker {
  /** Unlike that of every other worker of the run. */
  readonly id: string;
  /** The folder for the reports of all workers, if they are wanted. */
  readonly report: string | undefined;
}

/**
 * Gives the tests of a worker one simulator: that of `mock-veridas exec`, which writes its report itself, or a new one.
 *
 * @throws {MockError} of code `invalid`: the report cannot be written
 */
export async function useMock({ id, report }: Worker, use: (mock: Mock) => Promise<void>): Promise<void> {
  if (hasExecEnvironment()) return use(await connectMock());
  // Loaded lazily: it is large, and few runs need it.
  const writeReport =
    report === undefined
      ? undefined
      : await (await import('./worker-report.ts')).prepareWorkerReport(report, id);
  const mock = await startMock();
  try {
    await use(mock);
    await writeReport?.(mock).catch((error: Error) => {
      // Vitest 4 ignores what the fixture of a worker throws at its end.
      console.error(`mock-veridas: ${error.message}`);
      throw error;
    });
  } finally {
    await mock.close();
  }
}

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
  // A test may have removed its client, or all by a reset.
  const findings = (await client.findings().catch(ignoreNotFound)) ?? [];
  if (hasPassed && findings.length === 0) await client.remove();
  if (!failOnFindings || findings.length === 0) return;
  const one = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  throw new Error(`the integration has ${one}\n\n${findings.map(describeFinding).join('\n\n')}`);
}
