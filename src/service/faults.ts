import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AnswerFault, type ConnectionFault, type Fault, isConnectionFault } from '../domain/fault.ts';
import { ms } from '../domain/time.ts';
import { onDisconnect } from '../server/on-disconnect.ts';
import type { Random } from '../system/random.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';

/** Applies faults to requests to the imitated service, and to their answers. */

/** How a request without an answer ends. */
export const CONNECTIONS: Readonly<Record<ConnectionFault, (request: FastifyRequest) => void>> = {
  reset: ({ raw }) => raw.socket.resetAndDestroy?.(),
  // The client gives up, or the server stops.
  hang: () => {},
};

/** The parts of an answer that a fault changes. */
interface Change {
  readonly body?: (whole: Buffer) => Buffer;
  readonly contentType?: string;
}

export const ANSWERS: Readonly<Record<AnswerFault, Change>> = {
  empty: { body: () => Buffer.alloc(0) },
  malformed: { body: (whole) => whole.subarray(0, Math.floor(whole.length / 2)) },
  'wrong-content-type': { contentType: 'text/plain' },
};

/** Changes an answer as the fault says, and returns the body to send. */
export function applyAnswerFault({ kind }: Fault, reply: FastifyReply, payload: unknown): unknown {
  if (kind === undefined || isConnectionFault(kind)) return payload;
  const { body: change, contentType } = ANSWERS[kind];
  if (contentType !== undefined) reply.type(contentType);
  if (change === undefined) return payload;
  const body = change(Buffer.from((payload ?? '') as string | Buffer));
  reply.header('content-length', String(body.length));
  return body;
}

/** Delays by the fault's latency, unless the client disconnects. */
export function delay(
  { latency: [shortest, longest] = [ms(0), ms(0)] }: Fault,
  reply: FastifyReply,
  random: Random,
): Promise<void> {
  const length = shortest + Math.round(random.fraction() * (longest - shortest));
  if (length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, length);
    timer.unref();
    onDisconnect(reply.raw, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The answer of a proxy in front of the service that cannot reach it. */
const gatewayPage = (status: number): string => {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
  return `<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`;
};

/** Answers with the status of a fault, in place of the service; false when the fault has none. */
export function answerInstead({ status, retryAfter }: Fault, reply: FastifyReply): boolean {
  if (status === undefined) return false;
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  reply.code(status).type('text/html').send(gatewayPage(status));
  return true;
}
