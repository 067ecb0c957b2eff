import { maxHeaderSize } from 'node:http';
import Fastify, { type FastifyError, type FastifyInstance, LogController } from 'fastify';
import { isAmong } from '../address.ts';
import { type CallDoor, callPage } from './call-page.ts';
import { callStream } from './call-stream.ts';
import { ControlError, sendError } from './control/answers.ts';
import { ADMIN, control } from './control/control.ts';
import type { ControlAccess } from './control/guard.ts';
import { NOT_FOUND, SERVER_ERROR, send } from './django/answer.ts';
import { pairs } from './django/urlencoded.ts';
import { type About, health } from './health.ts';
import { type LogSettings, logging } from './log.ts';
import { type OAuthDoor, oauth } from './oauth.ts';
import { validas } from './validas.ts';

const MOST_JSON_BYTES = 1 << 20;
/** Whatever can be asked for by a query can be named in a path of the control API. */
const LONGEST_PARAMETER = maxHeaderSize;
/** Of a body that is wrong all over, so many faults are told. */
const MOST_FAULTS = 20;

export interface ServerParts extends CallDoor, OAuthDoor {
  readonly log: LogSettings;
  readonly access: ControlAccess;
  /** Proxies whose X-Forwarded-For is believed: addresses and ranges. */
  readonly trustProxy: readonly string[];
  readonly about: About;
}

/** All doors of the simulator, not yet listening. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { simulator, access, about } = parts;
  const app = Fastify({
    logger: logging(parts.log),
    // Never a request: its address holds tokens.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_JSON_BYTES,
    // Of the addresses that it lists, the right-most that is no trusted proxy counts.
    trustProxy: (address) => isAmong(address, parts.trustProxy),
    routerOptions: {
      maxParamLength: LONGEST_PARAMETER,
      // Of a repeated parameter the last counts, as in the imitated framework.
      querystringParser: (query) => Object.fromEntries(pairs(query)),
    },
    schemaErrorFormatter: (errors, where) =>
      new Error(
        errors
          .slice(0, MOST_FAULTS)
          .map(({ instancePath, message, params }) => {
            const detail = params.allowedValues ?? params.additionalProperty;
            return `${where}${instancePath} ${message}${detail === undefined ? '' : `: ${detail}`}`;
          })
          .join(', '),
      ),
    // A simulator must notice wrong input, not repair it.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } },
    // A path that cannot be decoded leads nowhere.
    frameworkErrors: (_error, request, reply) => {
      if (!request.url.startsWith(`${ADMIN}/`)) send(request, reply, NOT_FOUND);
      else sendError(reply, new ControlError('not_found', 'the path cannot be decoded', 'write % as %25'));
    },
  });

  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const { statusCode = 500, message } = error;
    if (statusCode < 500) return reply.code(statusCode).send({ error: 'bad_request', message });
    request.log.error(error);
    return send(request, reply, SERVER_ERROR);
  });
  await app.register(oauth, parts);
  await app.register(callPage, parts);
  await app.register(callStream, parts);
  await app.register(validas, { simulator });
  await app.register(health, { prefix: ADMIN, about });
  await app.register(control, { prefix: ADMIN, simulator, access });
  return app;
}
