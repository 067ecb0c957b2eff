import { createRequire } from 'node:module';

function findVerifierProblem(): string | undefined {
  try {
    createRequire(import.meta.url)('@pact-foundation/pact-core');
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0];
  }
}

/** Why contracts cannot be verified on this machine, or undefined when they can. */
export const verifierProblem = findVerifierProblem();

/** What is added to the name of a group of tests that is skipped. */
export const skipReason = verifierProblem === undefined ? '' : ` (skipped: ${verifierProblem})`;
