import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { seenInRequest } from '../domain/detection.ts';
import { describeFault, type Endpoint, type Fault, isUnanswered, type Unanswered } from '../domain/fault.ts';
import {
  type Fields,
  type JournalEntry,
  maskedFields,
  maskedHeaders,
  maskedPath,
  shownId,
} from '../domain/journal.ts';
import { ms } from '../domain/time.ts';
import type { Metrics } from '../server/metrics.ts';
import { onceGone } from '../server/on-disconnect.ts';
import type { Naming, Reception } from '../simulator/received-request.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Random } from '../system/random.ts';
import type { Form } from './django/form.ts';
import { pairs, unquote } from './django/urlencoded.ts';
import { headerLines } from './header-lines.ts';

/** What becomes known of a request to the imitated service on its way through a door. */
class Visit {
  readonly target: Target;
  reception?: Reception;
  /** Why it is refused or goes wrong, in words for people; the answers of the service itself do not hold it. */
  reason?: string;
  /** The same in one word. */
  cause?: string;
  form?: Form;
  validationId?: string;
  isSuperseded?: true;
  isRecorded = false;

  constructor(url: string) {
    this.target = targetOf(url);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Missing on requests to anything but the imitated service. */
    visit?: Visit;
  }
}

/** What is known of a request to the imitated service. */
export const visitOf = (request: FastifyRequest): Visit => request.getDecorator<Visit>('visit');

/** What a door can do with its visitors, beside answering them. */
export interface Visits {
  /** Says whose the request is; undefined when a fault has struck it so that nothing is left to answer. */
  receive(
    request: FastifyRequest,
    reply: FastifyReply,
    naming: Naming,
    endpoint?: Endpoint,
  ): Promise<Reception | undefined>;
  /** Writes down a request that no door has met. */
  refused(request: FastifyRequest, status: number, reason: string): Promise<void>;
  /** Gives no answer. */
  leave(request: FastifyRequest, reply: FastifyReply, how: Unanswered): Promise<void>;
}

interface Target {
  readonly path: string;
  readonly query: string;
}

/** Path and query of a request, the path decoded; a fragment, which does not belong there, is cut off. */
function targetOf(url: string): Target {
  // RFC 9112, 3.2.2: a request target may be a whole URL.
  const local = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const fragment = local.indexOf('#');
  const target = fragment < 0 ? local : local.slice(0, fragment);
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: unquote(target), query: '' }
    : { path: unquote(target.slice(0, mark)), query: target.slice(mark + 1) };
}

/** What stands between the service and the world says, when the service cannot be asked. */
const gatewayPage = (status: number): string => {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
  return `<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`;
};

/** What is left of an answer's body on its way. */
const SPOILT: { readonly [K in NonNullable<Fault['kind']>]?: (body: Buffer) => Buffer } = {
  empty: () => Buffer.alloc(0),
  malformed: (body) => body.subarray(0, Math.floor(body.length / 2)),
};

/**
 * Keeps the journal of a door: every request with its answer, written before the answer is sent, so that whoever
 * has it finds it there. Armed faults act here too.
 */
export function keepJournal(
  app: FastifyInstance,
  { simulator, random, metrics }: { simulator: Simulator; random: Random; metrics: Metrics },
): Visits {
  /** Waits as long as a fault says, unless the client gives up. */
  function delay(
    { latency: [shortest, longest] = [ms(0), ms(0)] }: Fault,
    reply: FastifyReply,
  ): Promise<void> {
    const length = shortest + Math.round(random.fraction() * (longest - shortest));
    if (length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, length);
      timer.unref();
      onceGone(reply.raw, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  let previous: Pick<JournalEntry, 'clientId' | 'path' | 'headers' | 'form'> = {
    clientId: '',
    path: '',
    headers: {},
  };

  async function record(request: FastifyRequest, status: number | undefined): Promise<void> {
    const visit = visitOf(request);
    if (visit.isRecorded) return;
    visit.isRecorded = true;
    try {
      const received = visit.reception ?? (await simulator.receive({ claimed: [] }));
      const entry = entryOf(request, visit, received, status, previous);
      previous = entry;
      if (app.log.level === 'info') app.log.info(...logged(entry));
      const mistakes = seenInRequest(entry);
      await simulator.journal.record(entry);
      if (mistakes.length > 0) await simulator.findings.note(mistakes, entry.clientId, entry.at);
    } catch (error) {
      // What keeps it from being written has been said by the answer then. Any other is not given without its entry.
      if (status === undefined || status < 500) {
        visit.isRecorded = false;
        throw error;
      }
    }
    metrics.answered(visit.target.path, status);
  }

  const leave = async (request: FastifyRequest, reply: FastifyReply, how: Unanswered) => {
    await record(request, undefined);
    reply.hijack();
    // To hang is to do nothing more: the sender gives up, or the server stops.
    if (how === 'reset') request.raw.socket.resetAndDestroy?.();
  };

  app.decorateRequest('visit');
  app.addHook('onRequest', (request, _reply, done) => {
    request.visit = new Visit(request.url);
    done();
  });
  /** Keeps the entry of an answer, and answers what is to be sent: all of it, or what a fault leaves of it. */
  async function sent(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    await record(request, reply.statusCode);
    const fault = visitOf(request).reception?.fault;
    if (fault === undefined) return payload;
    await delay(fault, reply);
    if (fault.kind === 'wrong-content-type') reply.type('text/plain');
    const spoil = fault.kind && SPOILT[fault.kind];
    if (spoil === undefined) return payload;
    const body = spoil(Buffer.from((payload ?? '') as string | Buffer));
    reply.header('content-length', String(body.length));
    return body;
  }

  app.addHook('onSend', sent);

  return {
    leave,

    refused(request, status, reason) {
      request.visit = new Visit(request.url);
      visitOf(request).reason = reason;
      return record(request, status);
    },

    async receive(request, reply, naming, endpoint) {
      const reception = await simulator.receive(naming, endpoint);
      visitOf(request).reception = reception;
      const { fault } = reception;
      if (isUnanswered(fault?.kind)) {
        // Written before it is held back: who waits for it to come is not to wait for that as well.
        await record(request, undefined);
        await delay(fault, reply);
        await leave(request, reply, fault.kind);
        return undefined;
      }
      if (fault?.status === undefined) return reception;
      if (fault.retryAfter !== undefined) reply.header('retry-after', String(fault.retryAfter));
      reply.code(fault.status).type('text/html').send(gatewayPage(fault.status));
      return undefined;
    },
  };
}

const NO_FIELDS: Fields = {};

/** What the journal has of a request. */
function entryOf(
  request: FastifyRequest,
  visit: Visit,
  { clientId, at, receivedAt, fault }: Reception,
  status: number | undefined,
  previous: Pick<JournalEntry, 'clientId' | 'path' | 'headers' | 'form'>,
): JournalEntry {
  const { path, query } = visit.target;
  // Filled in field by field: most requests have few of those that may be missing.
  const entry: { -readonly [K in keyof JournalEntry]: JournalEntry[K] } = {
    clientId,
    at,
    receivedAt,
    method: request.method,
    path: path === previous.path ? path : maskedPath(path),
    query: query === '' ? NO_FIELDS : maskedFields(pairs(query), clientId),
    headers: maskedHeaders(headerLines(request), previous.headers),
    from: request.ip,
  };
  const struck = fault && `struck by fault ${fault.id}: ${describeFault(fault)}`;
  const reason = visit.reason && struck ? `${visit.reason}; ${struck}` : visit.reason || struck;
  const previousForm = previous.clientId === clientId ? previous.form : undefined;
  if (visit.form !== undefined) entry.form = maskedFields(visit.form, clientId, previousForm);
  if (status !== undefined) entry.status = status;
  if (visit.cause !== undefined) entry.cause = visit.cause;
  if (reason) entry.reason = reason;
  if (visit.validationId !== undefined) entry.validationId = shownId(visit.validationId);
  if (visit.isSuperseded) entry.isSuperseded = true;
  if (fault !== undefined) entry.faultId = fault.id;
  return entry;
}

/** An entry as the log has it: for programs, and as a line for people. */
const logged = ({ method, path, status, clientId, reason }: JournalEntry): [object, string] => [
  { method, path, status, client_id: clientId || null, reason },
  [method, path, status ?? 'unanswered', clientId || '-', reason ?? ''].join(' ').trimEnd(),
];
