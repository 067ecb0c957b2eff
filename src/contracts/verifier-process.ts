import { createRequire } from 'node:module';
import type { VerifierOptions } from '@pact-foundation/pact-core';

/**
 * The process that runs the native verifier, which writes to standard output by itself and may crash. It gets one job, answers
 * once, and exits with its parent.
 */

/** The job. */
export interface VerifierTask {
  /** Path of the verifier's library. */
  readonly library: string;
  readonly options: VerifierOptions;
}

/** The answer: the verifier's JSON, or why there is none. */
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
    // A failing verification has its result in the same JSON.
    const { message } = error as Error;
    return message.startsWith('{') ? { json: message } : { fatal: message };
  }
}

process.once('message', async (task: VerifierTask) => {
  const answer = await runTask(task);
  process.send?.(answer, () => process.disconnect());
});
process.on('disconnect', () => process.exit());
