import { maxHeaderSize } from 'node:http';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  LogController,
} from 'fastify';
import { consoleRoutes } from '../control/console.ts';
import { type ControlServices, controlRoutes } from '../control/control-api.ts';
import { type DemoServices, demoRoutes } from '../control/demo.ts';
import { ControlError, sendError } from '../control/errors.ts';
import { ADMIN, CONSOLE, DEMO } from '../control/schema/paths.ts';
import { type CallServices, callRoutes, foreignPosterRoutes } from '../service/call.ts';
import { callStreamRoutes } from '../service/call-stream.ts';
import { NOT_FOUND, SERVER_ERROR, sendAnswer } from '../service/django/answer.ts';
import { parsePairs } from '../service/django/urlencoded.ts';
import { type OAuthServices, oauthRoutes } from '../service/oauth.ts';
import { createRequestLog, type RequestLog } from '../service/request-log.ts';
import { validasRoutes } from '../service/validas.ts';
import { isAmong } from './address.ts';
import type { ServerAddresses } from './addresses.ts';
import { askToRetry, logFailure, sendUnavailable } from './failure.ts';
import type { Metrics } from './metrics.ts';

const MAX_JSON_BYTES = 1 << 20;
const NO_SCHEMAS = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => JSON.stringify,
};
/** Whatever can be asked for by a query can be named in a path of the control API. */
const MAX_PARAMETER_LENGTH = maxHeaderSize;

export interface ServerOptions
  extends Omit<CallServices, 'requestLog' | 'addresses'>,
    Omit<OAuthServices, 'requestLog'>,
    ControlServices,
    Omit<DemoServices, 'addresses'> {
  readonly addresses: ServerAddresses;
  readonly metrics: Metrics;
  readonly hasHttp2: boolean;
  readonly log: FastifyBaseLogger;
  /** Proxies whose X-Forwarded-For is believed: addresses and ranges. */
  readonly trustProxy: readonly string[];
}

/** All doors of the simulator, not yet listening. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { simulator, access, about, addresses } = options;
  const late: { requestLog?: RequestLog } = {};
  const app = Fastify({
    loggerInstance: options.log,
    // Never a request: its address holds tokens.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_JSON_BYTES,
    // Nothing is checked or written by Fastify's schemas, whose compilers take as long to load as all the rest of it.
    schemaController: { compilersFactory: NO_SCHEMAS as never },
    // Whatever goes wrong gets its id then, and nothing else is logged of a request.
    genReqId: () => '',
    childLoggerFactory: (log) => log,
    // Of the addresses that it lists, the right-most that is no trusted proxy counts.
    trustProxy: options.trustProxy.length > 0 && ((address) => isAmong(address, options.trustProxy)),
    routerOptions: {
      maxParamLength: MAX_PARAMETER_LENGTH,
      // Of a repeated parameter the last counts, as in the imitated framework.
      querystringParser: (query) => Object.fromEntries(parsePairs(query)),
    },
    // A path that cannot be decoded leads nowhere.
    frameworkErrors: (_error, request, reply) => {
      const sendNotFound = () => sendAnswer(request, reply, NOT_FOUND);
      if (!request.url.startsWith(`${ADMIN}/`)) {
        late.requestLog
          ?.recordRefused(request, 404, 'the path cannot be decoded')
          .then(sendNotFound, sendNotFound);
      } else
        sendError(
          reply,
          new ControlError('not_found', 'the path cannot be decoded', { hint: 'write % as %25' }),
        );
    },
  });

  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify answers 415 to a Content-Type that is no media type, before any parser is asked. To the imitated framework and
    // to the control API it is one type more. Fastify is told of none then; what came stays in `request.raw`.
    if (request.headers['content-type'] !== undefined && request.mediaType === undefined)
      request.headers = { 'content-type': undefined };
    done();
  });
  if (options.hasHttp2) {
    app.addHook('onSend', ({ raw }, reply, payload, done) => {
      // HTTP/2 has no such header, and Node warns of it. RFC 9113, 8.2.2.
      if (raw.httpVersionMajor === 2) reply.removeHeader('connection');
      done(null, payload);
    });
  }
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (askToRetry(reply, error)) return sendUnavailable(reply, error);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) return reply.code(statusCode).send({ error: 'bad_request', message });
    // Of what belongs to no imitated endpoint there is no journal.
    const { message: reason } = logFailure(request.log, error);
    if (request.requestContext !== undefined) request.requestContext.reason = reason;
    sendAnswer(request, reply, SERVER_ERROR);
    return reply;
  });
  await app.register(async (imitated) => {
    const requestLog = createRequestLog(imitated, options);
    late.requestLog = requestLog;
    await imitated.register(oauthRoutes, { ...options, requestLog });
    await imitated.register(callRoutes, { ...options, requestLog });
    await imitated.register(validasRoutes, { simulator, requestLog });
  });
  await app.register(callStreamRoutes, options);
  await app.register(foreignPosterRoutes, options);
  await app.register(controlRoutes, { prefix: ADMIN, simulator, access, about });
  await app.register(consoleRoutes, { prefix: CONSOLE, simulator, access, about, addresses });
  await app.register(demoRoutes, { ...options, prefix: DEMO });
  return app;
}
