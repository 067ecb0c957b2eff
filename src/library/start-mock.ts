import type { MockOptions } from '../server/mock-options.ts';
import { MockError } from './error.ts';
import { launchMock, type StartedMock } from './launch-mock.ts';

/** Problems in options as one line. A path says which client; the message names the rest. */
const describeProblems = (errors: MockError['errors']): string =>
  errors
    .map(({ path, message }) => (/^\/clients\/\d+/.test(path) ? `${path.slice(1)}: ${message}` : message))
    .join('; ');

/**
 * Starts a simulator in this process, on a free port.
 *
 * @example
 * await using mock = await startMock({ scenario: 'manual' });
 * const answer = await fetch(`${mock.url}/o/token/`, {
 *   method: 'POST',
 *   body: new URLSearchParams({
 *     grant_type: 'client_credentials', client_id: mock.clientId, client_secret: mock.clientSecret,
 *   }),
 * });
 * console.log(answer.status); // 200
 *
 * @throws {MockError} of code `invalid`: options that cannot be, each with its reason
 * @throws {CannotListen} the port or address cannot be bound
 * @throws {StoreUnavailable} the store cannot be reached within a few seconds
 */
export async function startMock(options: MockOptions = {}): Promise<StartedMock> {
  // The server is large, and `connectMock` does not need it.
  const { findOptionProblems } = await import('./check-options.ts');
  const errors = findOptionProblems(options);
  if (errors.length > 0) throw new MockError('invalid', `startMock: ${describeProblems(errors)}`, { errors });
  return launchMock(options).catch((error: Error) => {
    // Of an answer profile, with a line for each problem.
    if (error.name !== 'InvalidFile') throw error;
    const problems = error.message.split('\n').map((message) => ({ path: '/profile', message }));
    throw new MockError('invalid', `startMock: profile: ${describeProblems(problems)}`, { errors: problems });
  });
}
