import type { FastifyBaseLogger, FastifyReply } from 'fastify';
import { StoreUnavailable } from '../simulator/away.ts';

/** Logs what went wrong, but not that the store is away: that is told once, and not by everybody who misses it. */
export function logFault(log: FastifyBaseLogger, error: unknown): void {
  if (!(error instanceof StoreUnavailable)) log.error(error);
}

/** Tells a client to come back soon, when it is the store that is away. */
export function comeBack(reply: FastifyReply, error: unknown): error is StoreUnavailable {
  if (!(error instanceof StoreUnavailable)) return false;
  reply.header('retry-after', '1');
  return true;
}

/** Answers in the place of the imitated service what stands before it would, when it cannot be asked. */
export const sendUnavailable = (reply: FastifyReply, { message }: StoreUnavailable): FastifyReply =>
  reply.code(503).type('text/plain').send(`503 Service Unavailable: ${message}\n`);
