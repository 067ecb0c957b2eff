import type { FastifyRequest } from 'fastify';

/** Of a request that failed, this is what finds it again: in the log, in the journal and in its answer. */
export const FAILURE_ID_LENGTH = 12;

/** Logs what went wrong while a request was answered, or behind all of them, and says so in words that lead there. */
export function logFailure({ id, log }: Pick<FastifyRequest, 'id' | 'log'>, error: unknown): string {
  const err = error instanceof Error ? error : new Error(`${error}`);
  log.error({ err, failure: id });
  return `the simulator failed; its log says why at failure ${id}`;
}
