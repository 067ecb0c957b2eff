import { createRequire } from 'node:module';

function loading(): string | undefined {
  try {
    createRequire(import.meta.url)('@pact-foundation/pact-core');
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0];
  }
}

/** Why contracts cannot be verified on this machine, or undefined when they can. */
export const noVerifier = loading();

/** What is added to the name of a group of tests that is skipped. */
export const skippedWhy = noVerifier === undefined ? '' : ` (skipped: ${noVerifier})`;
