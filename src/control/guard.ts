import { createHash, timingSafeEqual } from 'node:crypto';
import basicAuth from '@fastify/basic-auth';
import cors from '@fastify/cors';
import type { FastifyError, FastifyInstance } from 'fastify';
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
  /** Required when the server can be reached from other machines. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
}

/** The host in a `Host` header, without its port and brackets. */
const parseHost = (header: string | undefined): string =>
  (header ?? '').replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');

const isOwnOrigin = (origin: string, host: string | undefined): boolean =>
  origin === `http://${host}` || origin === `https://${host}`;

/** The largest body is a scenario. */
const MAX_BODY_BYTES = 1 << 20;

const digest = (text: string) => createHash('sha256').update(text).digest();
const isSameText = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

/** Guards the control API and console against other sites and missing credentials, and formats every error. */
export async function guardControl(
  app: FastifyInstance,
  { origins, credentials }: ControlAccess,
): Promise<void> {
  app.setErrorHandler<FastifyError | ControlError>(async (error, request, reply) => {
    if (error instanceof ControlError) return sendError(reply, error);
    if (askToRetry(reply, error)) {
      const hint = 'GET /__admin/health says when it is back; nothing needs to be restarted';
      return sendError(reply, new ControlError('unavailable', error.message, { hint }));
    }
    const { statusCode = 500 } = error;
    if (statusCode === 401) {
      const hint = '--admin-user, --admin-password';
      return sendError(
        reply,
        new ControlError('unauthorized', 'the control API asks for Basic credentials', { hint }),
      );
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

  // Any site that the developer visits could send requests here, so foreign origins are rejected.
  app.addHook('onRequest', async ({ headers, routeOptions }) => {
    if (routeOptions.config.isOpen) return;
    if (credentials === undefined && !isLoopback(parseHost(headers.host))) {
      throw new ControlError('forbidden', 'the control API answers on this machine only', {
        hint: 'use http://127.0.0.1 or http://localhost',
      });
    }
    if (
      headers.origin !== undefined &&
      !isOwnOrigin(headers.origin, headers.host) &&
      !origins.includes(headers.origin)
    ) {
      throw new ControlError('forbidden', `pages of ${headers.origin} may not use the control API`, {
        hint: 'let them in with --admin-origin',
      });
    }
  });
  // Registered before the credentials are checked: a preflight request has none.
  if (origins.length > 0) {
    await app.register(cors, {
      origin: [...origins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      credentials: true,
      strictPreflight: false,
    });
  }
  if (credentials !== undefined) {
    await app.register(basicAuth, {
      authenticate: { realm: 'mock-veridas' },
      async validate(user, password) {
        const matches = [isSameText(user, credentials.user), isSameText(password, credentials.password)];
        if (matches.includes(false)) throw new Error('wrong user or password');
      },
    });
    app.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.isOpen) done();
      else app.basicAuth(request, reply, done);
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
