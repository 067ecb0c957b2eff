import { createRequire } from 'node:module';

function findVerifierProblem(): string | undefined {
  try {
    createRequire(import.meta.url)('@pact-foundation/pact-core');
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0];
  }
}

/** Why contracts cannot be verified on this machine, or undefined if they can. */
export const verifierProblem = findVerifierProblem();

/** A suffix for the title of a skipped group of tests. */
export const skipReason = verifierProblem === undefined ? '' : ` (skipped: ${verifierProblem})`;
