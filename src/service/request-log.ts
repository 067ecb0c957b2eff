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
import { findBodyError } from '../server/client-errors.ts';
import type { Metrics } from '../server/metrics.ts';
import type { UnreadableRequest } from '../server/unreadable.ts';
import type { ClientReference, ReceivedRequest } from '../simulator/received-request.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Random } from '../system/random.ts';
import { parsePairs } from './django/urlencoded.ts';
import { answerInstead, applyAnswerFault, CONNECTIONS, delay } from './faults.ts';
import { getHeaderLines } from './header-lines.ts';
import type { MistakeLog } from './mistake-log.ts';
import { getRequestContext, parseTarget, RequestContext } from './request-context.ts';

/** What routes do with a request, besides answering it. */
export interface RequestLog {
  /** Finds the request's client; undefined when a fault has answered or ended the request. */
  receive(
    request: FastifyRequest,
    reply: FastifyReply,
    naming: ClientReference,
    endpoint?: Endpoint,
  ): Eventual<ReceivedRequest | undefined>;
  /** The journal entry of a request that will be answered with this status. */
  toEntry(request: FastifyRequest, received: ReceivedRequest, status: number): JournalEntry;
  /** Records a request that was rejected before any route. */
  recordRefused(request: FastifyRequest, status: number, reason: string): Eventual<void>;
  /** Records a request that reached no route. */
  recordUnreadable(request: UnreadableRequest, from: string): Promise<void>;
  /** Ends the request without an answer. */
  leaveUnanswered(request: FastifyRequest, reply: FastifyReply, how: ConnectionFault): Promise<void>;
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
    // An answer that failed afterwards is an entry of its own.
    const written = context.entry?.status === status ? context.entry : undefined;
    const entry = written ?? createEntry(request, context, received, status, previousEntries.get(url));
    previousEntries.set(url, entry);
    if (app.log.level === 'info') app.log.info(...formatLogEntry(entry));
    const mistakes = detectInRequest(entry);
    return andThen(written ? undefined : simulator.journal.record(entry), () => {
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

    toEntry(request, received, status) {
      const previous = previousEntries.get(request.routeOptions.url);
      return createEntry(request, getRequestContext(request), received, status, previous);
    },

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
