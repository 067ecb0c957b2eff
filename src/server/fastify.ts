import { type IncomingMessage, maxHeaderSize, STATUS_CODES } from 'node:http';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  LogController,
} from 'fastify';
import { consoleRoutes } from '../control/console.ts';
import { type ControlServices, controlRoutes } from '../control/control-api.ts';
import { type DemoServices, demoRoutes } from '../control/demo.ts';
import { docsRoutes } from '../control/docs.ts';
import { ControlError, sendError } from '../control/errors.ts';
import { overviewRoutes } from '../control/overview.ts';
import { ADMIN, CONSOLE, DEMO, DOCS } from '../control/schema/paths.ts';
import { type CallServices, callRoutes, foreignPosterRoutes } from '../service/call.ts';
import { callStreamRoutes } from '../service/call-stream.ts';
import { parsePairs } from '../service/django/urlencoded.ts';
import type { MistakeLog } from '../service/mistake-log.ts';
import { type OAuthServices, oauthRoutes } from '../service/oauth.ts';
import { getRequestContext, UNKNOWN_ADDRESS } from '../service/request-context.ts';
import { createRequestLog, type RequestLog } from '../service/request-log.ts';
import { validasRoutes } from '../service/validas.ts';
import { isAmong, parseAddress } from './address.ts';
import type { ServerAddresses } from './addresses.ts';
import { findUnknownExpectation } from './expectation.ts';
import { askToRetry, logFailure, logUnexpected, sendUnavailable } from './failure.ts';
import type { Metrics } from './metrics.ts';
import type { OnUnreadable } from './unreadable.ts';

const MAX_JSON_BYTES = 1 << 20;
const MAX_QUOTED_LENGTH = 40;
const NO_SCHEMAS = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => JSON.stringify,
};
/** Everything that a query can ask for must fit into a path parameter of the control API. */
const MAX_PARAMETER_LENGTH = maxHeaderSize;

export interface ServerOptions
  extends Omit<CallServices, 'requestLog' | 'addresses'>,
    Omit<OAuthServices, 'requestLog'>,
    ControlServices,
    Omit<DemoServices, 'addresses'> {
  readonly addresses: ServerAddresses;
  readonly metrics: Metrics;
  readonly mistakeLog: MistakeLog | undefined;
  readonly hasHttp2: boolean;
  readonly log: FastifyBaseLogger;
  /** Proxies whose X-Forwarded-For is trusted: addresses and ranges. */
  readonly trustProxy: readonly string[];
}

/** What answers requests, and what records those that cannot be read. */
export interface HttpServer {
  readonly app: FastifyInstance;
  readonly onUnreadable: OnUnreadable;
}

/** Why HTTP itself forbids a request, with the status for that. */
function findProtocolProblem({
  httpVersion,
  headers,
}: IncomingMessage): [status: number, reason: string] | undefined {
  // HTTP/1.0 has neither.
  if (httpVersion === '1.0') return undefined;
  // RFC 9112, 3.2.
  if (!headers.host)
    return [
      400,
      'the request has no Host header, which HTTP/1.1 requires: send the name and port of this server',
    ];
  const unknown = findUnknownExpectation(headers.expect);
  if (unknown === undefined) return undefined;
  return [
    417,
    `Expect: "${unknown.slice(0, MAX_QUOTED_LENGTH)}" is unknown; leave it out, or send 100-continue`,
  ];
}

/** The whole HTTP server of the simulator: every plugin is registered, nothing listens yet. */
export async function createServer(options: ServerOptions): Promise<HttpServer> {
  const { simulator, access, about, addresses } = options;
  const late: { requestLog?: RequestLog } = {};
  const app = Fastify({
    loggerInstance: options.log,
    // Requests are not logged: their URLs contain tokens.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_JSON_BYTES,
    // Requests in progress are answered by the imitated service until their connections close.
    return503OnClosing: false,
    // Fastify's schemas are not used: their compilers take as long to load as everything else together.
    schemaController: { compilersFactory: NO_SCHEMAS as never },
    // Only failures get an id, and only then; requests are not logged.
    genReqId: () => '',
    childLoggerFactory: (log) => log,
    // The right-most address that is not a trusted proxy is the client's.
    trustProxy:
      options.trustProxy.length > 0 &&
      ((address) => isAmong(parseAddress(address) ?? '', options.trustProxy)),
    routerOptions: {
      maxParamLength: MAX_PARAMETER_LENGTH,
      // The last of repeated parameters wins, as in the imitated framework.
      querystringParser: (query) => (query === '' ? {} : Object.fromEntries(parsePairs(query))),
    },
    // A path that cannot be decoded is answered 404.
    frameworkErrors: (_error, request, reply) => {
      const sendNotFound = () => options.answers.send(request, reply, 'unknown_path');
      if (!request.url.startsWith(`${ADMIN}/`)) {
        const record = async () => late.requestLog?.recordRefused(request, 404, 'the path cannot be decoded');
        record().then(sendNotFound, sendNotFound);
      } else
        sendError(
          reply,
          new ControlError('not_found', 'the path cannot be decoded', { hint: 'write % as %25' }),
        );
    },
  });

  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify answers 415 to an invalid Content-Type before any parser runs. The imitated framework and the control API treat it
    // as just another type, so it is hidden from Fastify. The original stays in `request.raw`.
    if (request.headers['content-type'] !== undefined && request.mediaType === undefined)
      request.headers = { 'content-type': undefined };
    done();
  });
  // After the hooks that record a request or check its credentials, and before its body is read.
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const [status, reason] = findProtocolProblem(request.raw) ?? [];
    if (status === undefined || reason === undefined) return done();
    if (request.requestContext !== undefined) request.requestContext.reason = reason;
    if (request.url.startsWith(`${ADMIN}/`)) sendError(reply, new ControlError('expectation_failed', reason));
    else reply.code(status).type('text/plain').send(`${status} ${STATUS_CODES[status]}: ${reason}\n`);
  });
  if (options.hasHttp2) {
    app.addHook('onSend', ({ raw }, reply, payload, done) => {
      // HTTP/2 has no Connection header, and Node warns about it. RFC 9113, 8.2.2.
      if (raw.httpVersionMajor === 2) reply.removeHeader('connection');
      done(null, payload);
    });
  }
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (askToRetry(reply, error)) return sendUnavailable(reply, error);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) return reply.code(statusCode).send({ error: 'bad_request', message });
    // Only requests to imitated endpoints have a journal entry.
    const { message: reason } = logFailure(request.log, error);
    if (request.requestContext !== undefined) request.requestContext.reason = reason;
    options.answers.send(request, reply, 'crash');
    return reply;
  });
  await app.register(async (imitated) => {
    const requestLog = createRequestLog(imitated, options);
    late.requestLog = requestLog;
    await imitated.register(oauthRoutes, { ...options, requestLog });
    await imitated.register(callRoutes, { ...options, requestLog });
    await imitated.register(validasRoutes, { simulator, requestLog });
    await imitated.register(overviewRoutes, {
      // The page is no part of the imitated service.
      onBrowser(request) {
        getRequestContext(request).isRecorded = true;
      },
    });
  });
  await app.register(callStreamRoutes, options);
  await app.register(foreignPosterRoutes, options);
  await app.register(controlRoutes, { prefix: ADMIN, simulator, access, about });
  await app.register(consoleRoutes, { prefix: CONSOLE, simulator, access, about, addresses });
  await app.register(demoRoutes, { ...options, prefix: DEMO });
  await app.register(docsRoutes, { prefix: DOCS });

  return {
    app,
    async onUnreadable(unreadable) {
      const { url, reason, isRouted } = unreadable;
      const from = parseAddress(unreadable.from ?? '') ?? UNKNOWN_ADDRESS;
      const isImitated = ![ADMIN, CONSOLE, DEMO].some((path) => url.startsWith(path));
      // Its route logs and records it.
      if (isRouted && isImitated) return;
      options.mistakeLog?.logUnreadable(from, reason);
      // Only requests to imitated endpoints have a journal entry.
      if (!isImitated) return;
      // It is answered without its entry when the store is unavailable.
      await late.requestLog
        ?.recordUnreadable(unreadable, from)
        .catch((error) => logUnexpected(options.log, error));
    },
  };
}
