import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';

/** Not of what is played, which a seed may repeat. */
const ID_BYTES = 6;

/** A failure as it is told of: by its id it is found again in the log, in the journal and in its answer. */
export interface Failure {
  readonly id: string;
  /** Words that lead to the log. */
  readonly message: string;
}

/** Logs what went wrong, while a request was answered or behind all of them. */
export function logFailure(log: FastifyBaseLogger, error: unknown): Failure {
  const err = error instanceof Error ? error : new Error(`${error}`);
  const id = randomBytes(ID_BYTES).toString('hex');
  log.error({ err, failure: id });
  return { id, message: `the simulator failed; its log says why at failure ${id}` };
}
