import type { FastifyBaseLogger } from 'fastify';

/** Prints a reason that a client's request was refused. */
export type PrintRefusal = (from: string, reason: string) => void;

/** Bounds the memory: later clients and reasons are in the journal only. */
const MAX_PRINTED = 1_000;

/** Warns of each reason once per client. */
export function createRefusalLog(log: FastifyBaseLogger): PrintRefusal {
  const printed = new Set<string>();
  return (from, reason) => {
    const key = `${from} ${reason}`;
    if (printed.has(key) || printed.size === MAX_PRINTED) return;
    printed.add(key);
    log.warn(`request from ${from}: ${reason}`);
  };
}
