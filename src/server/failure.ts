import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger, FastifyReply } from 'fastify';
import { StoreUnavailable } from '../store/store.ts';

/** Not the seeded random source, which may repeat itself. */
const ID_BYTES = 6;

/** A failure of the simulator. Its id appears in the log, the journal and the response. */
export interface Failure {
  readonly id: string;
  /** Finds the entry in the log. */
  readonly message: string;
}

/** Logs an error, of a request or of background work. */
export function logFailure(log: FastifyBaseLogger, error: unknown): Failure {
  const err = error instanceof Error ? error : new Error(`${error}`);
  const id = randomBytes(ID_BYTES).toString('hex');
  log.error({ err, failure: id });
  return { id, message: `the simulator failed; its log has the cause under failure ${id}` };
}

/** Logs an error, except that the store is unavailable: its connection logs that once. */
export function logUnexpected(log: FastifyBaseLogger, error: unknown): void {
  if (!(error instanceof StoreUnavailable)) log.error(error);
}

/** Adds Retry-After when the store is unavailable; returns whether it is. */
export function askToRetry(reply: FastifyReply, error: unknown): error is StoreUnavailable {
  if (!(error instanceof StoreUnavailable)) return false;
  reply.header('retry-after', '1');
  return true;
}

/** Answers in place of the imitated service while the store is unavailable. */
export const sendUnavailable = (reply: FastifyReply, { message }: StoreUnavailable): FastifyReply =>
  reply.code(503).type('text/plain').send(`503 Service Unavailable: ${message}\n`);
