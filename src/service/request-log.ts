import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { detectInRequest } from '../domain/detection.ts';
import { andThen, type Eventual, isPending } from '../domain/eventual.ts';
import {
  type ConnectionFault,
  describeFault,
  type Endpoint,
  type Fault,
  isConnectionFault,
} from '../domain/fault.ts';
import {
  type Fields,
  type JournalEntry,
  maskFields,
  maskHeaders,
  maskPath,
  truncateId,
} from '../domain/journal.ts';
import { listInRequest } from '../domain/played.ts';
import { parseAddress } from '../server/address.ts';
import { findBodyError } from '../server/client-errors.ts';
import type { Metrics } from '../server/metrics.ts';
import type { UnreadableRequest } from '../server/unreadable.ts';
import type { ClientReference, ReceivedRequest } from '../simulator/received-request.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Random } from '../system/random.ts';
import type { Form } from './django/form.ts';
import { parsePairs, unquote } from './django/urlencoded.ts';
import { answerInstead, applyAnswerFault, CONNECTIONS, delay } from './faults.ts';
import { getHeaderLines } from './header-lines.ts';
import type { MistakeLog } from './mistake-log.ts';

/** A proxy may name something that is no address. RFC 7239, 6.2. */
export const UNKNOWN_ADDRESS = 'unknown';

/** What is learned about a request to the imitated service while it is answered. */
class RequestContext {
  readonly target: RequestTarget;
  /** The client's address; a socket that is closed does not know it any more. */
  readonly from: string;
  received?: ReceivedRequest;
  /** Why it is refused or fails, as text; the service's own answers do not say it. */
  reason?: string;
  /** How the client can avoid that. */
  fix?: string;
  /** The test wants the refusal, so it is no mistake. */
  isIntended?: true;
  /** The same as one word. */
  cause?: string;
  form?: Form;
  validationId?: string;
  isSuperseded?: true;
  /** It has revoked a token of its client. */
  hasRevoked = false;
  isRecorded = false;

  constructor({ url, ip }: FastifyRequest) {
    this.target = parseTarget(url);
    this.from = parseAddress(ip ?? '') ?? UNKNOWN_ADDRESS;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined for requests to anything but the imitated service. */
    requestContext?: RequestContext;
  }
}

/** The context of a request to the imitated service. */
export function getRequestContext({ requestContext }: FastifyRequest): RequestContext {
  if (requestContext === undefined) throw new Error('not a request to the imitated service');
  return requestContext;
}

/** What routes do with a request, besides answering it. */
export interface RequestLog {
  /** Finds the request's client; undefined when a fault has answered or ended the request. */
  receive(
    request: FastifyRequest,
    reply: FastifyReply,
    naming: ClientReference,
    endpoint?: Endpoint,
  ): Eventual<ReceivedRequest | undefined>;
  /** Records a request that was rejected before any route. */
  recordRefused(request: FastifyRequest, status: number, reason: string): Eventual<void>;
  /** Records a request that reached no route. */
  recordUnreadable(request: UnreadableRequest, from: string): Promise<void>;
  /** Ends the request without an answer. */
  leaveUnanswered(request: FastifyRequest, reply: FastifyReply, how: ConnectionFault): Promise<void>;
}

interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Path and query of a request, with the path decoded; a fragment, which is not allowed, is dropped. */
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

export interface RequestLogServices {
  readonly simulator: Simulator;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Undefined when warnings are not logged. */
  readonly mistakeLog?: MistakeLog | undefined;
}

/**
 * Records every request with its answer. The entry is written before the answer is sent, so that a client that has the answer
 * finds the entry. Armed faults are applied here too.
 */
export function createRequestLog(
  app: FastifyInstance,
  { simulator, random, metrics, mistakeLog }: RequestLogServices,
): RequestLog {
  /** The last entry of each route: requests to one route are alike, and share what is equal. */
  const previousEntries = new Map<string | undefined, PreviousEntry>();

  /** Adds the entry of a request to the journal, and what it shows to the findings. */
  function addEntry(
    request: FastifyRequest,
    context: RequestContext,
    received: ReceivedRequest,
    status: number | undefined,
  ): Eventual<void> {
    const { url } = request.routeOptions;
    const entry = createEntry(request, context, received, status, previousEntries.get(url));
    previousEntries.set(url, entry);
    if (app.log.level === 'info') app.log.info(...formatLogEntry(entry));
    const mistakes = detectInRequest(entry);
    return andThen(simulator.journal.record(entry), () => {
      mistakeLog?.logRequest(entry, mistakes, context.isIntended);
      const noted =
        mistakes.length > 0 ? simulator.findings.note(mistakes, entry.clientId, entry.at) : undefined;
      return andThen(noted, () => noteCoverage(entry, context, received));
    });
  }

  /** Adds what a request plays to the coverage of its client. */
  function noteCoverage(
    entry: JournalEntry,
    { hasRevoked }: RequestContext,
    { clients, fault, coverage }: ReceivedRequest,
  ): Eventual<void> {
    const client = clients.find((one) => one?.value.clientId === entry.clientId);
    const facts = { entry, fault, environment: client?.value.environment, hasRevoked };
    return simulator.coverage.note(entry.clientId, (known) => listInRequest(facts, known), coverage);
  }

  function record(request: FastifyRequest, status: number | undefined): Eventual<void> {
    const context = getRequestContext(request);
    if (context.isRecorded) return;
    context.isRecorded = true;
    const count = () => metrics.countAnswer(context.target.path, status);
    const fail = (error: unknown) => {
      // A 5xx has reported this failure already. Any other answer must not be sent without its entry.
      if (status !== undefined && status >= 500) return count();
      context.isRecorded = false;
      throw error;
    };
    try {
      const received = context.received ?? simulator.requests.receive({ claimed: [] });
      const added = andThen(received, (one) => addEntry(request, context, one, status));
      return isPending(added) ? added.then(count, fail) : count();
    } catch (error) {
      return fail(error);
    }
  }

  const leaveUnanswered = async (request: FastifyRequest, reply: FastifyReply, how: ConnectionFault) => {
    await record(request, undefined);
    reply.hijack();
    CONNECTIONS[how](request);
  };

  /** Ends a request by a fault of its connection. */
  async function strikeConnection(
    request: FastifyRequest,
    reply: FastifyReply,
    fault: Fault,
    kind: ConnectionFault,
  ): Promise<undefined> {
    // Recorded before the delay, so that a test waiting for the request does not wait for the latency too.
    await record(request, undefined);
    await delay(fault, reply, random);
    await leaveUnanswered(request, reply, kind);
  }

  app.decorateRequest('requestContext');
  app.addHook('onRequest', (request, _reply, done) => {
    request.requestContext = new RequestContext(request);
    done();
  });

  /** Delays an answer, and returns what the fault leaves of it. */
  async function applyFault(fault: Fault, reply: FastifyReply, payload: unknown): Promise<unknown> {
    await delay(fault, reply, random);
    return applyAnswerFault(fault, reply, payload);
  }

  app.addHook('onSend', (request, reply, payload, done) => {
    const recorded = record(request, reply.statusCode);
    const fault = getRequestContext(request).received?.fault;
    const sent = andThen(recorded, () => (fault === undefined ? payload : applyFault(fault, reply, payload)));
    if (isPending(sent)) sent.then((changed) => done(null, changed), done);
    else done(null, sent);
  });

  return {
    leaveUnanswered,

    recordRefused(request, status, reason) {
      request.requestContext = new RequestContext(request);
      Object.assign(getRequestContext(request), {
        reason,
        fix: 'percent-encode it in UTF-8: write % as %25',
      });
      return record(request, status);
    },

    async recordUnreadable({ method, url, headers, status, reason }, from) {
      const { path, query } = parseTarget(url);
      const { clientId, at, receivedAt } = await simulator.requests.receive({ claimed: [] });
      await simulator.journal.record({
        clientId,
        at,
        receivedAt,
        method,
        path: maskPath(path),
        query: maskFields(parsePairs(query), clientId),
        headers: maskHeaders(headers),
        from,
        ...(status !== undefined && { status }),
        reason,
      });
      metrics.countAnswer(path, status);
    },

    receive: (request, reply, naming, endpoint) =>
      andThen(simulator.requests.receive(naming, endpoint), (received) => {
        getRequestContext(request).received = received;
        const { fault } = received;
        if (isConnectionFault(fault?.kind)) return strikeConnection(request, reply, fault, fault.kind);
        return fault !== undefined && answerInstead(fault, reply) ? undefined : received;
      }),
  };
}

type PreviousEntry = Pick<JournalEntry, 'clientId' | 'path' | 'headers' | 'form'>;

const NO_FIELDS: Fields = {};

/** The journal entry of a request. */
function createEntry(
  request: FastifyRequest,
  context: RequestContext,
  { clientId, at, receivedAt, fault }: ReceivedRequest,
  status: number | undefined,
  previous: PreviousEntry | undefined,
): JournalEntry {
  const { path, query } = context.target;
  // Assigned one by one: most requests have few of the optional fields.
  const entry: { -readonly [K in keyof JournalEntry]: JournalEntry[K] } = {
    clientId,
    at,
    receivedAt,
    method: request.method,
    path: path === previous?.path ? path : maskPath(path),
    query: query === '' ? NO_FIELDS : maskFields(parsePairs(query), clientId),
    headers: maskHeaders(getHeaderLines(request), previous?.headers),
    from: context.from,
  };
  const ownReason = findBodyError(request.raw) ?? context.reason;
  const faultReason = fault && `injected fault ${fault.id}: ${describeFault(fault)}`;
  const reason = ownReason && faultReason ? `${ownReason}; ${faultReason}` : ownReason || faultReason;
  const previousForm = previous?.clientId === clientId ? previous.form : undefined;
  if (context.form !== undefined) entry.form = maskFields(context.form, clientId, previousForm);
  if (status !== undefined) entry.status = status;
  if (context.cause !== undefined) entry.cause = context.cause;
  if (reason) entry.reason = reason;
  if (context.fix !== undefined) entry.fix = context.fix;
  if (context.validationId !== undefined) entry.validationId = truncateId(context.validationId);
  if (context.isSuperseded) entry.isSuperseded = true;
  if (fault !== undefined) entry.faultId = fault.id;
  return entry;
}

/** A log entry: fields for programs, and a line for people. */
const formatLogEntry = ({ method, path, status, clientId, reason }: JournalEntry): [object, string] => [
  { method, path, status, client_id: clientId || null, reason },
  [method, path, status ?? 'unanswered', clientId || '-', reason ?? ''].join(' ').trimEnd(),
];
