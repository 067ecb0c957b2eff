import { createHash, timingSafeEqual } from 'node:crypto';
import basicAuth from '@fastify/basic-auth';
import cors from '@fastify/cors';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../server/address.ts';
import { askToRetry, logFailure } from '../server/failure.ts';
import { ControlError, sendError } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route needs no credentials. */
    isOpen?: boolean;
  }
}

/** Credentials and allowed origins for the control API. */
export interface ControlAccess {
  /** Additional origins from which a browser may call. */
  readonly origins: readonly string[];
  /** Required from other machines: when the server can be reached from them, or a proxy has forwarded their request. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
  /** Only this machine can reach the server. */
  readonly isLocal: boolean;
}

/**
 * Headers that proxies, balancers and tunnels add: RFC 7239, RFC 9110 7.6.3, RFC 8586, and those of nginx, Envoy, IIS,
 * Azure, Google, Cloudflare, Akamai and Fastly.
 */
const PROXY_HEADER =
  /^(?:forwarded|via|cdn-loop|x-forwarded(?:-.+)?|x-(?:original|envoy|arr)-.+|x-remote-(?:ip|addr)|cf-.+|.*(?:client|real|proxyuser)-?ip)$/;

/** The first header that only a proxy sends, if there is one. */
const findProxyHeader = (headers: FastifyRequest['headers']): string | undefined =>
  Object.keys(headers).find((name) => PROXY_HEADER.test(name));

/** The host in a `Host` header, without its port and brackets. */
const parseHost = (header: string | undefined): string =>
  (header ?? '').replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');

const isOwnOrigin = (origin: string, host: string | undefined): boolean =>
  origin === `http://${host}` || origin === `https://${host}`;

const CREDENTIAL_OPTIONS = '--admin-user, --admin-password';

/** The largest body is a scenario. */
const MAX_BODY_BYTES = 1 << 20;

const digest = (text: string) => createHash('sha256').update(text).digest();
const isSameText = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

/** Guards the control API and console against other sites and missing credentials, and formats every error. */
export async function guardControl(
  app: FastifyInstance,
  { origins, credentials, isLocal }: ControlAccess,
): Promise<void> {
  app.setErrorHandler<FastifyError | ControlError>(async (error, request, reply) => {
    if (error instanceof ControlError) return sendError(reply, error);
    if (askToRetry(reply, error)) {
      const hint = 'GET /__admin/health reports when it is available again; no restart is needed';
      return sendError(reply, new ControlError('unavailable', error.message, { hint }));
    }
    const { statusCode = 500 } = error;
    if (statusCode === 401) {
      const message =
        request.headers.authorization === undefined
          ? 'the control API requires Basic credentials'
          : 'the control API cannot read the Authorization header as Basic credentials';
      return sendError(reply, new ControlError('unauthorized', message, { hint: CREDENTIAL_OPTIONS }));
    }
    if (statusCode === 413) return sendError(reply, new ControlError('too_large', 'the body is too large'));
    if (statusCode < 500)
      return sendError(
        reply,
        new ControlError('not_json', 'the body is not valid JSON', {
          hint: 'send one object; the key __proto__ is not allowed',
        }),
      );
    const { id, message } = logFailure(request.log, error);
    return sendError(reply, new ControlError('internal', message, { failure: id }));
  });

  const mustAuthenticate = ({ headers, routeOptions }: FastifyRequest) =>
    !routeOptions.config.isOpen &&
    credentials !== undefined &&
    !(isLocal && findProxyHeader(headers) === undefined);

  app.addHook('onRequest', async (request) => {
    const { headers, routeOptions } = request;
    if (routeOptions.config.isOpen) return;
    if (!mustAuthenticate(request)) {
      // A proxy on this machine hands on requests of other machines.
      const header = findProxyHeader(headers);
      if (header !== undefined) {
        throw new ControlError(
          'forbidden',
          `the control API answers on this machine only, and the header ${header} says that a proxy forwarded the request`,
          {
            hint: 'use http://127.0.0.1 without the proxy, or start with --admin-password and send credentials',
          },
        );
      }
      if (!isLoopback(parseHost(headers.host))) {
        throw new ControlError('forbidden', 'the control API answers only at a loopback address', {
          hint: 'use http://127.0.0.1 or http://localhost; from a container, start with --host 0.0.0.0 and send credentials',
        });
      }
    }
    // Any site that is open in the developer's browser could send requests here, so foreign origins are rejected.
    if (
      headers.origin !== undefined &&
      !isOwnOrigin(headers.origin, headers.host) &&
      !origins.includes(headers.origin)
    ) {
      throw new ControlError(
        'forbidden',
        `pages of ${headers.origin} are not allowed to use the control API`,
        {
          hint:
            headers.origin === 'null'
              ? 'a page of a file or of a sandboxed frame has no origin: serve it at an address, and allow that with --admin-origin'
              : 'allow them with --admin-origin',
        },
      );
    }
  });
  // Registered before the credentials are checked: a preflight request has none.
  if (origins.length > 0) {
    await app.register(cors, {
      origin: [...origins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      credentials: true,
      strictPreflight: false,
    });
  }
  if (credentials !== undefined) {
    await app.register(basicAuth, {
      authenticate: { realm: 'mock-veridas' },
      async validate(user, password) {
        const matches = [isSameText(user, credentials.user), isSameText(password, credentials.password)];
        if (matches.includes(false)) {
          throw new ControlError('unauthorized', 'wrong user or password of the control API', {
            hint: CREDENTIAL_OPTIONS,
          });
        }
      },
    });
    app.addHook('onRequest', (request, reply, done) => {
      if (mustAuthenticate(request)) app.basicAuth(request, reply, done);
      else done();
    });
  }

  // Every body is read as JSON, also one that curl labels as a form.
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (request, body, done) => {
    // A DELETE needs no body.
    if (body === '' || request.method === 'DELETE') done(null, {});
    else void parse(request, body as string, done);
  });
}
