import { createRequire } from 'node:module';
import type { VerifierOptions } from '@pact-foundation/pact-core';

/**
 * The process in which the native verifier runs: it writes to standard output by itself, and what breaks it must not
 * break us. It is told what to verify once, answers once, and ends with whoever has started it.
 */

/** What the process is told. */
export interface VerifierTask {
  /** Path of the verifier's library. */
  readonly library: string;
  readonly options: VerifierOptions;
}

/** What it answers: the verifier's own JSON, or why there is none. */
export type VerifierAnswer =
  | { readonly json: string }
  | { readonly missing: string }
  | { readonly fatal: string };

type Library = typeof import('@pact-foundation/pact-core');

async function runTask({ library, options }: VerifierTask): Promise<VerifierAnswer> {
  let Verifier: Library['Verifier'];
  try {
    ({ Verifier } = createRequire(import.meta.url)(library) as Library);
  } catch (error) {
    return { missing: (error as Error).message };
  }
  try {
    return { json: String(await new Verifier(options).verify()) };
  } catch (error) {
    // A verification that fails is told in the same JSON.
    const { message } = error as Error;
    return message.startsWith('{') ? { json: message } : { fatal: message };
  }
}

process.once('message', async (task: VerifierTask) => {
  const answer = await runTask(task);
  process.send?.(answer, () => process.disconnect());
});
process.on('disconnect', () => process.exit());
