import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { detectInRequest } from '../domain/detection.ts';
import { type ConnectionFault, describeFault, type Endpoint, isConnectionFault } from '../domain/fault.ts';
import {
  type Fields,
  type JournalEntry,
  maskFields,
  maskHeaders,
  maskPath,
  truncateId,
} from '../domain/journal.ts';
import type { Metrics } from '../server/metrics.ts';
import type { ClientReference, ReceivedRequest } from '../simulator/received-request.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Random } from '../system/random.ts';
import type { Form } from './django/form.ts';
import { parsePairs, unquote } from './django/urlencoded.ts';
import { answerInstead, CONNECTIONS, delay, spoil } from './faults.ts';
import { getHeaderLines } from './header-lines.ts';

/** What becomes known of a request to the imitated service on its way through a door. */
class RequestContext {
  readonly target: RequestTarget;
  received?: ReceivedRequest;
  /** Why it is refused or goes wrong, in words for people; the answers of the service itself do not hold it. */
  reason?: string;
  /** The same in one word. */
  cause?: string;
  form?: Form;
  validationId?: string;
  isSuperseded?: true;
  isRecorded = false;

  constructor(url: string) {
    this.target = parseTarget(url);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Missing on requests to anything but the imitated service. */
    requestContext?: RequestContext;
  }
}

/** What is known of a request to the imitated service. */
export const getRequestContext = (request: FastifyRequest): RequestContext =>
  request.getDecorator<RequestContext>('requestContext');

/** What a door can do with its visitors, beside answering them. */
export interface RequestLog {
  /** Says whose the request is; undefined when a fault has struck it so that nothing is left to answer. */
  receive(
    request: FastifyRequest,
    reply: FastifyReply,
    naming: ClientReference,
    endpoint?: Endpoint,
  ): Promise<ReceivedRequest | undefined>;
  /** Writes down a request that no door has met. */
  recordRefused(request: FastifyRequest, status: number, reason: string): Promise<void>;
  /** Gives no answer. */
  leaveUnanswered(request: FastifyRequest, reply: FastifyReply, how: ConnectionFault): Promise<void>;
}

interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Path and query of a request, the path decoded; a fragment, which does not belong there, is cut off. */
function parseTarget(url: string): RequestTarget {
  // RFC 9112, 3.2.2: a request target may be a whole URL.
  const requestTarget = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const fragment = requestTarget.indexOf('#');
  const target = fragment < 0 ? requestTarget : requestTarget.slice(0, fragment);
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: unquote(target), query: '' }
    : { path: unquote(target.slice(0, mark)), query: target.slice(mark + 1) };
}

/**
 * Keeps the journal of a door: every request with its answer, written before the answer is sent, so that whoever
 * has it finds it there. Armed faults act here too.
 */
export function createRequestLog(
  app: FastifyInstance,
  { simulator, random, metrics }: { simulator: Simulator; random: Random; metrics: Metrics },
): RequestLog {
  let previous: Pick<JournalEntry, 'clientId' | 'path' | 'headers' | 'form'> = {
    clientId: '',
    path: '',
    headers: {},
  };

  async function record(request: FastifyRequest, status: number | undefined): Promise<void> {
    const context = getRequestContext(request);
    if (context.isRecorded) return;
    context.isRecorded = true;
    try {
      const received = context.received ?? (await simulator.requests.receive({ claimed: [] }));
      const entry = entryOf(request, context, received, status, previous);
      previous = entry;
      if (app.log.level === 'info') app.log.info(...formatLogEntry(entry));
      const mistakes = detectInRequest(entry);
      await simulator.journal.record(entry);
      if (mistakes.length > 0) await simulator.findings.note(mistakes, entry.clientId, entry.at);
    } catch (error) {
      // What keeps it from being written has been said by the answer then. Any other is not given without its entry.
      if (status === undefined || status < 500) {
        context.isRecorded = false;
        throw error;
      }
    }
    metrics.countAnswer(context.target.path, status);
  }

  const leaveUnanswered = async (request: FastifyRequest, reply: FastifyReply, how: ConnectionFault) => {
    await record(request, undefined);
    reply.hijack();
    CONNECTIONS[how](request);
  };

  app.decorateRequest('requestContext');
  app.addHook('onRequest', (request, _reply, done) => {
    request.requestContext = new RequestContext(request.url);
    done();
  });
  /** Keeps the entry of an answer, and answers what is to be sent: all of it, or what a fault leaves of it. */
  async function applyFault(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): Promise<unknown> {
    await record(request, reply.statusCode);
    const fault = getRequestContext(request).received?.fault;
    if (fault === undefined) return payload;
    await delay(fault, reply, random);
    return spoil(fault, reply, payload);
  }

  app.addHook('onSend', applyFault);

  return {
    leaveUnanswered,

    recordRefused(request, status, reason) {
      request.requestContext = new RequestContext(request.url);
      getRequestContext(request).reason = reason;
      return record(request, status);
    },

    async receive(request, reply, naming, endpoint) {
      const received = await simulator.requests.receive(naming, endpoint);
      getRequestContext(request).received = received;
      const { fault } = received;
      if (isConnectionFault(fault?.kind)) {
        // Written before it is held back: who waits for it to come is not to wait for that as well.
        await record(request, undefined);
        await delay(fault, reply, random);
        await leaveUnanswered(request, reply, fault.kind);
        return undefined;
      }
      return fault !== undefined && answerInstead(fault, reply) ? undefined : received;
    },
  };
}

const NO_FIELDS: Fields = {};

/** What the journal has of a request. */
function entryOf(
  request: FastifyRequest,
  context: RequestContext,
  { clientId, at, receivedAt, fault }: ReceivedRequest,
  status: number | undefined,
  previous: Pick<JournalEntry, 'clientId' | 'path' | 'headers' | 'form'>,
): JournalEntry {
  const { path, query } = context.target;
  // Filled in field by field: most requests have few of those that may be missing.
  const entry: { -readonly [K in keyof JournalEntry]: JournalEntry[K] } = {
    clientId,
    at,
    receivedAt,
    method: request.method,
    path: path === previous.path ? path : maskPath(path),
    query: query === '' ? NO_FIELDS : maskFields(parsePairs(query), clientId),
    headers: maskHeaders(getHeaderLines(request), previous.headers),
    from: request.ip,
  };
  const faultReason = fault && `struck by fault ${fault.id}: ${describeFault(fault)}`;
  const reason =
    context.reason && faultReason ? `${context.reason}; ${faultReason}` : context.reason || faultReason;
  const previousForm = previous.clientId === clientId ? previous.form : undefined;
  if (context.form !== undefined) entry.form = maskFields(context.form, clientId, previousForm);
  if (status !== undefined) entry.status = status;
  if (context.cause !== undefined) entry.cause = context.cause;
  if (reason) entry.reason = reason;
  if (context.validationId !== undefined) entry.validationId = truncateId(context.validationId);
  if (context.isSuperseded) entry.isSuperseded = true;
  if (fault !== undefined) entry.faultId = fault.id;
  return entry;
}

/** An entry as the log has it: for programs, and as a line for people. */
const formatLogEntry = ({ method, path, status, clientId, reason }: JournalEntry): [object, string] => [
  { method, path, status, client_id: clientId || null, reason },
  [method, path, status ?? 'unanswered', clientId || '-', reason ?? ''].join(' ').trimEnd(),
];
